/** Non-canonical spellings of a path: rejected with 400 unless enabled, because programs interpret them differently. */
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

/** What a port accepts from callers in the mesh. */
export const portPaths = z.strictObject({ encodedSlashes, parameters }).meta({
    id: "PortPaths",
    description: "Spellings of a path that callers in the mesh can use, in addition to canonical ones.",
});

/** What an exposure accepts from clients. Segments that access depends on (tenant, scope) stay strict. */
export const exposurePaths = z
    .strictObject({
        encodedSlashes,
        parameters,
        ignoreCase: z
            .boolean()
            .exactOptional()
            .describe(
                "The service ignores case: the literals of `tenantPaths` match in any case, instead of being rejected. Default: false.",
            ),
    })
    .meta({
        id: "ExposurePaths",
        description: "Spellings of a path that clients can use, in addition to canonical ones.",
    });
