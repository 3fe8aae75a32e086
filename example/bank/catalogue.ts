/** Nordbank: a platform of a dozen services with nothing of SPARC's. Shows what a catalogue of one's own looks like. */
import { catalogueOf } from "../../catalogue/assemble";
import { core } from "./core";
import { customers } from "./customers";
import { money } from "./money";
import { external, stores } from "./outside";

export const assembled = catalogueOf(
    { part: "example/bank/customers.ts", services: customers },
    { part: "example/bank/core.ts", services: core },
    { part: "example/bank/money.ts", services: money },
    { part: "example/bank/outside.ts", stores, external },
);
