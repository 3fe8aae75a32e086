/** Schemas of Consul's responses: what the inventory depends on. All other fields are kept, and accounted for. */
import { z } from "zod";

const record = z.record(z.string(), z.unknown());
/** Go encodes an absent list or map as null. */
const list = <T extends z.ZodType>(of: T) =>
    z
        .array(of)
        .nullable()
        .transform((all) => all ?? []);

export const text = z.string();
export const texts = list(z.string());
export const datacenters = z.array(z.string()).min(1);
export const serviceTags = z.record(z.string(), texts);
export const nodes = list(z.looseObject({ Node: z.string() }));
export const instances = list(
    z.looseObject({
        Node: z.looseObject({ Node: z.string(), Address: z.string() }),
        Service: z.looseObject({ ID: z.string(), Service: z.string() }),
    }),
);
export const checks = list(z.looseObject({ Node: z.string(), CheckID: z.string() }));
export const configEntries = list(z.looseObject({ Kind: z.string(), Name: z.string().optional() }));
export const preparedQueries = list(z.looseObject({ ID: z.string() }));
export const peerings = list(z.looseObject({ Name: z.string() }));
export const sessions = list(z.looseObject({ ID: z.string() }));
export const tokens = list(z.looseObject({ AccessorID: z.string() }));
/** Values are not kept: they can be secrets. */
export const keys = list(
    z.object({ Key: z.string(), Flags: z.number(), LockIndex: z.number(), Session: z.string().optional() }),
);
export const agent = z.looseObject({
    Config: z.looseObject({ Datacenter: z.string(), VersionMetadata: z.string().optional() }),
    DebugConfig: z
        .looseObject({
            /** Not in Consul 1.14. Empty: the ACL default policy decides. */
            DefaultIntentionPolicy: z.string().optional(),
            ACLsEnabled: z.boolean().optional(),
            ACLResolverSettings: z.looseObject({ ACLDefaultPolicy: z.string().optional() }).optional(),
        })
        .optional(),
});
export const metrics = z.looseObject({
    Samples: list(z.looseObject({ Name: z.string(), Count: z.number(), Labels: record.nullish() })),
});
