/** The control plane: where Istio comes from, and which revisions of it there are. */
import { z } from "zod";
import { resources } from "./resources";
import { ISTIO_VERSION } from "./versions";

const charts = z.discriminatedUnion("from", [
    z.strictObject({
        from: z.literal("registry"),
        repository: z.string().startsWith("oci://").default("oci://ghcr.io/istio/release/charts"),
    }),
    z.strictObject({
        from: z.literal("folder"),
        path: z
            .string()
            .min(1)
            .describe("a folder that holds base/, istiod/ and gateway/, and cni/ where `cni` is on"),
    }),
]);

/** The name of an istiod that may be there beside others: part of the names of all that is its own. */
const revisionName = z
    .string()
    .regex(/^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$/, "must be at most 32 of a-z, 0-9 and -, such as 1-31-1")
    .refine(
        (name) => name !== "default" && name !== "stable",
        "must be another name: the mesh gives this one a meaning",
    );

/** One istiod. */
export const revision = z.strictObject({
    name: revisionName,
    version: z
        .string()
        .regex(/^\d+\.\d+\.\d+$/, "must be a release of Istio such as 1.31.1")
        .default(ISTIO_VERSION)
        .describe("of its chart, and of its images where no tag is said"),
    tag: z.string().min(1).optional().describe("of its images"),
});

export const istio = z
    .strictObject({
        revisions: z
            .array(revision)
            .min(1)
            .max(2, "must be one, or two while one takes over from the other")
            .refine(
                (all) => new Set(all.map(({ name }) => name)).size === all.length,
                "must name each revision once",
            )
            .default([{ name: ISTIO_VERSION.replaceAll(".", "-"), version: ISTIO_VERSION }])
            .describe("the istiods; two while a mesh is upgraded (docs/runbooks/istio-upgrade.md)"),
        stable: revisionName
            .optional()
            .describe("the revision that sidecars belong to that start from now on"),
        charts: charts.default({ from: "registry", repository: "oci://ghcr.io/istio/release/charts" }),
        hub: z
            .string()
            .min(1)
            .default("docker.io/istio")
            .describe("where the images pilot and proxyv2 are pulled from"),
        tag: z
            .string()
            .min(1)
            .optional()
            .describe("of the images, in place of the version's; a revision may have its own"),
        cni: z
            .boolean()
            .default(true)
            .describe(
                "istio-cni sets up redirection, so that no workload needs NET_ADMIN; off where the node has no such image",
            ),
        stockEnvoy: z
            .boolean()
            .default(false)
            .describe("the proxy image holds an Envoy without Istio's own filters (see docs/node.md)"),
        replicas: z.int().min(1).max(20).default(2).describe("of istiod"),
        resources: resources.default({ cpu: "500m", memory: "2Gi", cpuLimit: "2000m", memoryLimit: "4Gi" }),
    })
    .refine(
        ({ revisions, stable }) =>
            stable === undefined ? revisions.length === 1 : revisions.some(({ name }) => name === stable),
        {
            message: "must name one of revisions: sidecars that start belong to it",
            path: ["stable"],
        },
    );
