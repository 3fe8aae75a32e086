/** The control plane: the source of Istio's charts and images, and its revisions. */
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
            .describe("A folder that contains base/, istiod/ and gateway/, and cni/ if `cni` is true."),
    }),
]);

/** The name of an Istio revision. It is a suffix of the names of the revision's objects. */
const revisionName = z
    .string()
    .regex(/^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$/, "must be at most 32 of a-z, 0-9 and -, such as 1-31-1")
    .refine((name) => name !== "default" && name !== "stable", "must be another name: this one is reserved");

/** One revision of istiod. */
export const revision = z.strictObject({
    name: revisionName,
    version: z
        .string()
        .regex(/^\d+\.\d+\.\d+$/, "must be a release of Istio such as 1.31.1")
        .default(ISTIO_VERSION)
        .describe("The version of its chart, and of its images unless a tag is set."),
    tag: z.string().min(1).optional().describe("The tag of its images."),
});

export const istio = z
    .strictObject({
        revisions: z
            .array(revision)
            .min(1)
            .max(2, "must list one revision, or two during an upgrade")
            .refine(
                (all) => new Set(all.map(({ name }) => name)).size === all.length,
                "must list each revision once",
            )
            .default([{ name: ISTIO_VERSION.replaceAll(".", "-"), version: ISTIO_VERSION }])
            .describe("The revisions of istiod; two during an upgrade (docs/runbooks/istio-upgrade.md)."),
        stable: revisionName.optional().describe("The revision of the sidecars that start from now on."),
        charts: charts.default({ from: "registry", repository: "oci://ghcr.io/istio/release/charts" }),
        hub: z
            .string()
            .min(1)
            .default("docker.io/istio")
            .describe("The registry of the images pilot and proxyv2."),
        tag: z
            .string()
            .min(1)
            .optional()
            .describe("The tag of the images. Default: the version. A revision can override it."),
        cni: z
            .boolean()
            .default(true)
            .describe(
                "Whether istio-cni sets up traffic redirection, so that no workload needs NET_ADMIN. Turn off if its image is not available.",
            ),
        stockEnvoy: z
            .boolean()
            .default(false)
            .describe(
                "Whether the proxy image contains an Envoy without Istio's filters (docs/reference/embedded-node.md).",
            ),
        replicas: z.int().min(1).max(20).default(2).describe("Replicas of istiod."),
        resources: resources.default({ cpu: "500m", memory: "2Gi", cpuLimit: "2000m", memoryLimit: "4Gi" }),
    })
    .refine(
        ({ revisions, stable }) =>
            stable === undefined ? revisions.length === 1 : revisions.some(({ name }) => name === stable),
        {
            message: "must name one of revisions",
            path: ["stable"],
        },
    );
