import { COMMON_LABELS, SERVICE_LABEL } from "./labels";
import type { EnvoyFilterManifest } from "./manifest";

export type EnvoyPatch = NonNullable<EnvoyFilterManifest["spec"]["configPatches"]>[number];

/**
 * What Istio's own resources cannot say, as patches of Envoy's configuration.
 *
 * @param workload the service, store or gateway whose proxies are patched; every one of the namespace where absent
 * @param priority a patch that stands relative to another filter wants one, to be sure of its place
 */
export function envoyFilter({
    name,
    namespace,
    workload,
    priority = 10,
    patches,
}: {
    readonly name: string;
    readonly namespace: string;
    readonly workload?: string;
    readonly priority?: number;
    readonly patches: EnvoyPatch[];
}): EnvoyFilterManifest {
    return {
        apiVersion: "networking.istio.io/v1alpha3",
        kind: "EnvoyFilter",
        metadata: {
            name,
            namespace,
            labels: COMMON_LABELS,
            // That such a filter depends on Envoy's version is known: the live tests and `make verify` show whether it works.
            annotations: { "galley.istio.io/analyze-suppress": "IST0133" },
        },
        spec: {
            ...(workload === undefined
                ? {}
                : { workloadSelector: { labels: { [SERVICE_LABEL]: workload } } }),
            priority,
            configPatches: patches,
        },
    };
}
