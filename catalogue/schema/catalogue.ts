/**
 * The whole catalogue's schema: the one source of its TypeScript types (`model.ts`), of its check at run time
 * (`check.ts`), of `catalogue.schema.json` and of docs/reference/catalogue.md.
 *
 * Every object is strict. A field is here only if some derivation or check reads it.
 */
import { z } from "zod";
import { externalGroup } from "./external";
import { service } from "./service";
import { store } from "./store";
import { rate } from "./time";

export const plan = z
    .strictObject({
        tenant: rate.describe("All requests of one tenant together."),
        client: rate.describe("The requests of each of its clients, by the token's subject."),
    })
    .meta({
        id: "Plan",
        description: "What one of the platform's plans entitles a tenant to, at the public gateway.",
    });

export const catalogueSchema = z
    .strictObject({
        services: z.record(z.string(), service).describe("By name."),
        stores: z.record(z.string(), store).describe("By name."),
        external: z.record(z.string(), externalGroup).describe("By the group's name."),
        plans: z
            .record(z.string(), plan)
            .exactOptional()
            .describe(
                "By the name in a token's plan claim. `default` applies to tokens that name none, or none of these. Default: no limits.",
            ),
    })
    .meta({ id: "Catalogue", description: "The whole platform." });
