/** Spellings of a path that are refused with 400 unless somebody opts in, because programs read them differently. */
import { z } from "zod";

const encodedSlashes = z
    .boolean()
    .exactOptional()
    .describe(
        "Accept `%2F` inside a segment, as in object keys. The service must route before it decodes. Default: false.",
    );

const parameters = z
    .boolean()
    .exactOptional()
    .describe("Accept path parameters: `/cars;color=red`. Default: false.");

/** What a port accepts from callers inside. */
export const portPaths = z.strictObject({ encodedSlashes, parameters }).meta({
    id: "PortPaths",
    description: "Spellings of a path that callers inside the mesh can use, beyond canonical ones.",
});

/** What an exposure accepts from clients. A segment that decides (a tenant, a scope) stays strict in every reading. */
export const exposurePaths = z
    .strictObject({
        encodedSlashes,
        parameters,
        ignoreCase: z
            .boolean()
            .exactOptional()
            .describe(
                "The service ignores case: the literals of `tenantPaths` match in any case, instead of being refused. Default: false.",
            ),
    })
    .meta({
        id: "ExposurePaths",
        description: "Spellings of a path that clients can use, beyond canonical ones.",
    });
