/**
 * The catalogue's schema: the single source of its TypeScript types (`model.ts`), its validation at run time (`check.ts`),
 * `catalogue.schema.json` and docs/reference/catalogue.md.
 *
 * Every object is strict, and a derivation or a check reads every field.
 */
import { z } from "zod";
import { externalGroup } from "./external";
import { service } from "./service";
import { store } from "./store";
import { rate } from "./time";

export const plan = z
    .strictObject({
        tenant: rate.describe("All requests of one tenant together."),
        client: rate.describe("The requests of each client of a tenant, by the token's subject."),
    })
    .meta({
        id: "Plan",
        description: "The rate limits of one of the platform's plans, at the public gateway.",
    });

export const catalogueSchema = z
    .strictObject({
        services: z.record(z.string(), service).describe("The services, by name."),
        stores: z.record(z.string(), store).describe("The stores, by name."),
        external: z.record(z.string(), externalGroup).describe("The external services, by the group's name."),
        plans: z
            .record(z.string(), plan)
            .exactOptional()
            .describe(
                "The plans, by the value of the token's plan claim. `default` applies to tokens without a plan or with an unknown one. Default: no limits.",
            ),
    })
    .meta({ id: "Catalogue", description: "The whole platform." });
