/** What applies at a proxy in addition to policies: token validation, and EnvoyFilters that are not evaluated. */
import { Memo } from "../snapshot/memo";
import type { ManifestOf, MeshSnapshot } from "../snapshot/snapshot";
import { isAbout } from "./match";
import { isPathFilter } from "./rejected-paths";
import { isTenantContext, toleratesWrongTokens } from "./tenant-context";
import { type LayerResult, type Workload, key, nameOf } from "./model";

const steps = new Memo<readonly LayerResult[]>();

/** Empty if no token is validated: policies cannot require one then. */
export function tokens(snapshot: MeshSnapshot, workload: Workload): readonly LayerResult[] {
    return steps.of(snapshot, workload, "tokens", () => tokensOf(snapshot, workload));
}

function tokensOf(snapshot: MeshSnapshot, workload: Workload): LayerResult[] {
    const read = snapshot
        .of("RequestAuthentication")
        .filter(({ metadata, spec }) => isAbout(metadata.namespace, spec.selector?.matchLabels, workload));
    const issuers = read.flatMap(({ spec }) => (spec.jwtRules ?? []).map(({ issuer }) => issuer ?? "?"));
    if (issuers.length === 0) return [];
    return [
        {
            layer: "RequestAuthentication",
            at: nameOf(workload),
            verdict: "allowed",
            objects: read.map(key),
            text: `validates tokens of ${issuers.join(", ")}; ${
                toleratesWrongTokens(snapshot, workload)
                    ? "an invalid one counts as missing"
                    : "an invalid one is rejected with 401"
            }`,
            conditions: [],
        },
    ];
}

/** Filters whose Envoy configuration is not evaluated: they may deny or rate limit requests. */
export function filters(snapshot: MeshSnapshot, workload: Workload): readonly LayerResult[] {
    return steps.of(snapshot, workload, "filters", () => filtersOf(snapshot, workload));
}

function filtersOf(snapshot: MeshSnapshot, workload: Workload): LayerResult[] {
    const unevaluated = snapshot
        .of("EnvoyFilter")
        .filter(({ metadata, spec }) => isAbout(metadata.namespace, spec.workloadSelector?.labels, workload))
        .filter((filter) => !isPathFilter(filter) && !isTenantContext(filter) && !isOnTrailers(filter))
        .filter((filter) => isFor(filter, workload));
    if (unevaluated.length === 0) return [];
    return [
        {
            layer: "EnvoyFilter",
            at: nameOf(workload),
            verdict: "allowed",
            objects: unevaluated.map(key),
            text: "patches Envoy; not evaluated",
            conditions: [
                `${unevaluated.length === 1 ? "the filter does" : "the filters do"} not deny or rate limit the request`,
            ],
        },
    ];
}

const HEADER_MUTATION = "type.googleapis.com/envoy.extensions.filters.http.header_mutation.v3.HeaderMutation";

/** Whether a filter only changes trailers of requests: they arrive after the decision. */
function isOnTrailers({ spec }: ManifestOf<"EnvoyFilter">): boolean {
    return (spec.configPatches ?? []).every(({ applyTo, patch }) => {
        const { typed_config: config = {} } = (patch?.value ?? {}) as {
            typed_config?: Readonly<Record<string, unknown>>;
        };
        const { "@type": type, mutations = {}, ...others } = config;
        return (
            applyTo === "HTTP_FILTER" &&
            patch?.operation === "INSERT_BEFORE" &&
            type === HEADER_MUTATION &&
            Object.keys(others).length === 0 &&
            Object.keys(mutations as object).every((kind) => kind === "request_trailers_mutations")
        );
    });
}

/** Whether a patch's context matches: GATEWAY for gateways, anything else for sidecars. */
function isFor({ spec }: ManifestOf<"EnvoyFilter">, { gateway }: Workload): boolean {
    return (spec.configPatches ?? []).some(({ match }) => {
        const context = match?.context ?? "ANY";
        return context === "ANY" || (context === "GATEWAY") === (gateway === true);
    });
}
