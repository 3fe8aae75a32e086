/** The control plane: the source of Istio's charts and images, and its revisions. */
import { z } from "zod";
import { resources } from "./resources";
import { minorDistance, newestVersion, precedes } from "./istio-versions";
import { ISTIO_MINORS, ISTIO_VERSION } from "./versions";

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
            .describe(
                "A folder that contains base/, istiod/ and gateway/, and cni/ if `cni` is true. `{version}` in it is replaced with the Istio version.",
            ),
    }),
]);

/** The name of an Istio revision. It is a suffix of the names of the revision's objects. */
const revisionName = z
    .string()
    .regex(/^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$/, "must be at most 32 of a-z, 0-9 and -, such as 1-31-1")
    .refine((name) => name !== "default" && name !== "stable", "must be another name: this one is reserved");

/** A release of Istio that the program knows. */
const istioVersion = z
    .string()
    .regex(/^\d+\.\d+\.\d+$/, "must be a release of Istio such as 1.31.1")
    .refine((version) => ISTIO_MINORS.some((minor) => version.startsWith(`${minor}.`)), {
        message: `must be a release of Istio ${ISTIO_MINORS.join(" or ")}, whose charts and CRDs this version of the program knows (config/versions.ts)`,
        // A malformed version has one mistake, not two.
        when: ({ issues }) => issues.length === 0,
    });

/** The release after which a revision is named: `1-31-1` is 1.31.1. */
export function versionInName(name: string): string | undefined {
    return /^\d+-\d+-\d+$/.test(name) ? name.replaceAll("-", ".") : undefined;
}

/** One revision of istiod. */
export const revision = z
    .strictObject({
        name: revisionName,
        version: istioVersion.describe("The version of its chart, and of its images unless a tag is set."),
        tag: z.string().min(1).optional().describe("The tag of its images."),
    })
    .refine(({ name, version }) => (versionInName(name) ?? version) === version, {
        message:
            "must be the release in the revision's name: proxies are connected to this istiod, so another version is another revision, with another name",
        path: ["version"],
    });

const EXAMPLE_REVISIONS = `[{ name: ${ISTIO_VERSION.replaceAll(".", "-")}, version: ${ISTIO_VERSION} }]`;

const componentVersions = z.strictObject({
    base: istioVersion
        .optional()
        .describe("CRDs and cluster-wide objects. Default: the newest version among the revisions."),
    cni: istioVersion.optional().describe("istio-cni. Default: the version of the stable revision."),
    gateways: istioVersion
        .optional()
        .describe("The chart of the gateways. Default: the version of the stable revision."),
});

export const istio = z
    .strictObject({
        revisions: z
            .array(revision, {
                error: ({ input }) =>
                    input === undefined
                        ? `must list the stack's revisions of istiod, such as ${EXAMPLE_REVISIONS}`
                        : undefined,
            })
            .min(1)
            .max(2, "must list one revision, or two during an upgrade")
            .refine(
                (all) => new Set(all.map(({ name }) => name)).size === all.length,
                "must list each revision once",
            )
            .describe("The revisions of istiod; two during an upgrade (docs/tasks/upgrade-istio.md)."),
        stable: revisionName
            .optional()
            .describe("The revision of the proxies that start from now on. Default: the only revision."),
        componentVersions: componentVersions
            .prefault({})
            .describe(
                "Versions of the parts that the revisions share, which `mesh upgrade` moves one at a time.",
            ),
        charts: charts.default({ from: "registry", repository: "oci://ghcr.io/istio/release/charts" }),
        hub: z
            .string()
            .min(1)
            .regex(
                /^(?!(gcr\.io\/istio-release|registry\.istio\.io)(\/|$))/,
                "must be a registry that has the images of Istio 1.31 and later, such as docker.io/istio: gcr.io/istio-release and " +
                    "registry.istio.io end in December 2026",
            )
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
        drainSeconds: z
            .int()
            .min(1)
            .max(3600)
            .optional()
            .describe(
                "How long a sidecar serves open connections by the old configuration after a change. Default: Istio's, 45 seconds.",
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
    )
    .superRefine((settings, context) => {
        for (const { path, message } of skewProblems(settings))
            context.addIssue({ code: "custom", path: [...path], message });
    });

interface RevisionSettings {
    readonly revisions: readonly z.infer<typeof revision>[];
    readonly stable?: string | undefined;
    readonly componentVersions: z.infer<typeof componentVersions>;
}

/** The parts of Istio that the revisions share. */
export const ISTIO_PARTS = ["base", "cni", "gateways"] as const;
export type IstioPart = (typeof ISTIO_PARTS)[number];
export type ComponentVersions = Readonly<Record<IstioPart, string>>;

/** The configured versions, or the defaults that follow the stack's revisions. */
export function componentVersionsOf({
    revisions,
    stable,
    componentVersions: { base, cni, gateways },
}: RevisionSettings): ComponentVersions {
    const versions = revisions.map(({ version }) => version);
    const current = revisions.find(({ name }) => name === stable)?.version ?? versions[0] ?? "";
    return { base: base ?? newestVersion(versions), cni: cni ?? current, gateways: gateways ?? current };
}

/**
 * How many minor versions the parts of one mesh may be apart. Istio supports a control plane one minor version ahead of
 * the proxies (istio.io, "Supported releases"), and an istio-cni one minor version from each control plane (istio.io,
 * "Install the Istio CNI node agent"), which runs once per node for all revisions.
 */
export const MAX_MINOR_SKEW = 1;

function skewProblems(settings: RevisionSettings): { path: readonly string[]; message: string }[] {
    const { revisions } = settings;
    const components = componentVersionsOf(settings);
    const [first, second] = revisions;
    if (first === undefined) return [];
    const distance = second === undefined ? 0 : minorDistance(first.version, second.version);
    if (distance > MAX_MINOR_SKEW && second !== undefined)
        return [
            {
                path: ["revisions"],
                message:
                    `${first.version} and ${second.version} are ${distance} minor versions apart, and Istio supports ${MAX_MINOR_SKEW}; ` +
                    "upgrade to the minor version in between first",
            },
        ];
    return revisions.flatMap(({ name, version }) => [
        ...(precedes(components.base, version)
            ? [
                  {
                      path: ["componentVersions", "base"],
                      message: `${components.base} lacks CRDs that revision ${name} (${version}) needs; set it to ${version}`,
                  },
              ]
            : []),
        ...(["cni", "gateways"] as const).flatMap((part) =>
            minorDistance(components[part], version) <= MAX_MINOR_SKEW
                ? []
                : [
                      {
                          path: ["componentVersions", part],
                          message: `${components[part]} is more than ${MAX_MINOR_SKEW} minor version from revision ${name} (${version}); set it to ${version}`,
                      },
                  ],
        ),
    ]);
}
