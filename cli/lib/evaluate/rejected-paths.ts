/**
 * RBAC filters that EnvoyFilters insert first in the chain: they reject paths that are not canonical. A filter or patch with
 * anything that this module does not evaluate is left to `filters`, which reports it.
 */
import { Memo } from "../snapshot/memo";
import type { ManifestOf, MeshSnapshot } from "../snapshot/snapshot";
import {
    type Condition,
    EXTENSIONS,
    type Json,
    permission,
    type RequestLine,
    skipCondition,
    withOnly,
} from "./envoy-matcher";
import { isAbout } from "./match";
import { type LayerResult, type Workload, key, nameOf } from "./model";

type EnvoyFilter = ManifestOf<"EnvoyFilter">;
type Patch = NonNullable<EnvoyFilter["spec"]["configPatches"]>[number];

interface Request extends RequestLine {
    /** The pod's port. */
    readonly port: number;
}

interface DenyPolicy {
    readonly name: string;
    readonly matches: Condition;
    /** Whether it also depends on a CEL condition, which is not evaluated. */
    readonly isConditional: boolean;
}

interface PathFilter {
    readonly name: string;
    /** In Envoy's order, by name. */
    readonly policies: readonly DenyPolicy[];
    /** Requests for which Envoy skips the filter. */
    readonly isSkipped: Condition;
}

/** A filter after all patches are applied, and the objects that installed it. */
interface InstalledFilter extends PathFilter {
    readonly objects: readonly string[];
}

interface Chain {
    readonly patches: readonly { readonly patch: Patch; readonly object: string }[];
    readonly installed: readonly InstalledFilter[];
}

const chains = new Memo<Chain>();

function chainOf(snapshot: MeshSnapshot, workload: Workload, port: number): Chain {
    const context = workload.gateway === true ? "GATEWAY" : "SIDECAR_INBOUND";
    const about = snapshot
        .of("EnvoyFilter")
        .filter(({ metadata, spec }) => isAbout(metadata.namespace, spec.workloadSelector?.labels, workload))
        .sort((a, b) => (a.spec.priority ?? 0) - (b.spec.priority ?? 0));
    const patches = about.flatMap((filter) =>
        (filter.spec.configPatches ?? [])
            .filter((patch) => applies(patch, context, port))
            .map((patch) => ({ patch, object: key(filter) })),
    );
    return { patches, installed: patches.reduce<readonly InstalledFilter[]>(place, []) };
}

/** The results of these filters for a request; empty without such filters. */
export function rejectedPaths(snapshot: MeshSnapshot, workload: Workload, request: Request): LayerResult[] {
    const { patches, installed } = chains.of(snapshot, workload, String(request.port), () =>
        chainOf(snapshot, workload, request.port),
    );
    return installed.map(({ policies, isSkipped, objects }): LayerResult => {
        const matching = isSkipped(request) ? [] : policies.filter(({ matches }) => matches(request));
        const name = matching.find(({ isConditional }) => !isConditional)?.name;
        // A query lacks what a CEL condition tests, such as the number of headers.
        const conditional = matching.filter((policy) => policy.isConditional).map((policy) => policy.name);
        const answers = (policy: string) =>
            answerOf(
                patches.map(({ patch }) => patch),
                policy,
            );
        const codes = [...new Set(conditional.map((policy) => answers(policy).status))].join(", ");
        const text =
            name !== undefined
                ? `${answers(name).status} ${answers(name).text}`
                : conditional.length > 0
                  ? `denies requests that match a CEL condition (${codes})`
                  : "the path is canonical";
        return {
            layer: "EnvoyFilter",
            at: nameOf(workload),
            verdict: name === undefined ? "allowed" : "denied",
            objects,
            text,
            conditions:
                name === undefined
                    ? conditional.map((policy) => {
                          const { status, text: body } = answers(policy);
                          return `the request does not match the CEL condition that returns ${status} "${body}"`;
                      })
                    : [],
        };
    });
}

/** Whether this module evaluates all patches of an EnvoyFilter. */
export function isPathFilter({ spec }: EnvoyFilter): boolean {
    return (spec.configPatches ?? []).every(
        (patch) => isOnInbound(patch) && (pathFilterIn(patch) !== undefined || onlyMapsReplies(patch)),
    );
}

/** Whether a patch applies to the listeners of a gateway or of a sidecar's own ports, and to no single one by other criteria. */
function isOnInbound({ match }: Patch): boolean {
    const { context, listener } = withOnly(match, "context", "listener") ?? {};
    const { filterChain } = withOnly(listener ?? {}, "filterChain") ?? { filterChain: false };
    const { filter } = withOnly(filterChain ?? {}, "destinationPort", "filter") ?? { filter: false };
    return (
        (context === "GATEWAY" || context === "SIDECAR_INBOUND") &&
        withOnly(filter ?? {}, "name", "subFilter") !== undefined
    );
}

function applies({ match }: Patch, context: string, port: number): boolean {
    const { context: patchContext = "ANY", listener } = match ?? {};
    const destination = (listener?.filterChain as { destinationPort?: number } | undefined)?.destinationPort;
    return (
        (patchContext === context || patchContext === "ANY") &&
        (destination === undefined || destination === port)
    );
}

function place(
    installed: readonly InstalledFilter[],
    { patch: configPatch, object }: { patch: Patch; object: string },
): readonly InstalledFilter[] {
    const filter = isOnInbound(configPatch) ? pathFilterIn(configPatch) : undefined;
    if (filter === undefined) return installed.filter(({ name }) => !canChange(configPatch, name));
    const added = { ...filter, objects: [object] };
    if (configPatch.patch?.operation === "INSERT_FIRST") return [added, ...installed];
    const replaced = subFilterOf(configPatch);
    return installed.map((one) => (one.name === replaced ? added : one));
}

function subFilterOf({ match }: Patch): string | undefined {
    return match?.listener?.filterChain?.filter?.subFilter?.name;
}

/** Whether a patch that is not evaluated can remove, replace or disable a filter. */
function canChange(configPatch: Patch, name: string): boolean {
    const { applyTo, patch } = configPatch;
    if (JSON.stringify(configPatch).includes(JSON.stringify(name))) return true;
    const isChange = ["MERGE", "REMOVE", "REPLACE"].includes(patch?.operation ?? "");
    if (applyTo === "HTTP_FILTER") return isChange && subFilterOf(configPatch) === undefined;
    const above = ["LISTENER", "FILTER_CHAIN", "NETWORK_FILTER"].includes(applyTo ?? "");
    return above && (patch?.operation === "REMOVE" || patch?.operation === "REPLACE");
}

/** The filter that a patch inserts first or replaces, also inside of a matcher that skips it for some requests. */
function pathFilterIn({ applyTo, patch }: Patch): PathFilter | undefined {
    const { operation, value } = patch ?? {};
    if (applyTo !== "HTTP_FILTER" || (operation !== "INSERT_FIRST" && operation !== "REPLACE"))
        return undefined;
    const { name, typed_config: config } = withOnly(value, "name", "typed_config") ?? {};
    if (typeof name !== "string") return undefined;
    const policies = denyPolicies(config);
    if (policies !== undefined) return { name, policies, isSkipped: () => false };
    const matcher = withOnly(config, "@type", "extension_config", "xds_matcher") ?? {};
    if (matcher["@type"] !== `${EXTENSIONS}.common.matching.v3.ExtensionWithMatcher`) return undefined;
    const inner = withOnly(matcher["extension_config"], "name", "typed_config");
    const innerPolicies = denyPolicies(inner?.["typed_config"]);
    const isSkipped = skipCondition(matcher["xds_matcher"]);
    return innerPolicies === undefined || isSkipped === undefined
        ? undefined
        : { name, policies: innerPolicies, isSkipped };
}

/** The policies of an RBAC filter that denies what they match. */
function denyPolicies(config: unknown): readonly DenyPolicy[] | undefined {
    const { "@type": type, rules } =
        withOnly(config, "@type", "rules", "rules_stat_prefix", "track_per_rule_stats") ?? {};
    if (type !== `${EXTENSIONS}.filters.http.rbac.v3.RBAC`) return undefined;
    const { action, policies } = withOnly(rules, "action", "policies") ?? {};
    if (action !== "DENY") return undefined;
    const read = Object.entries((policies ?? {}) as Json)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, policy]) => denyPolicy(name, policy));
    const known = read.filter((policy) => policy !== undefined);
    return known.length === read.length ? known : undefined;
}

function denyPolicy(name: string, policy: unknown): DenyPolicy | undefined {
    const { permissions, principals, condition } =
        withOnly(policy, "permissions", "principals", "condition") ?? {};
    const isOfAnyone =
        Array.isArray(principals) && principals.some((one) => withOnly(one, "any")?.["any"] === true);
    const matches = permission({ or_rules: { rules: permissions } });
    return matches === undefined || !isOfAnyone
        ? undefined
        : { name, matches, isConditional: condition !== undefined };
}

/** Whether a patch only rewrites Envoy's local replies. */
function onlyMapsReplies({ applyTo, patch }: Patch): boolean {
    const { typed_config: config } = withOnly(patch?.value, "name", "typed_config") ?? {};
    const { local_reply_config: replies } = withOnly(config, "@type", "local_reply_config") ?? {};
    return (
        applyTo === "NETWORK_FILTER" &&
        patch?.operation === "MERGE" &&
        withOnly(replies, "mappers") !== undefined
    );
}

/** The response for a denying policy: Envoy's default (403) unless a mapper rewrites it. */
function answerOf(
    patches: readonly Patch[],
    name: string,
): { readonly status: number; readonly text: string } {
    const reply = patches
        .flatMap((patch) => localReplies(patch) ?? [])
        .find(({ filter }) => JSON.stringify(filter).includes(`[${name}]`));
    return { status: reply?.status_code ?? 403, text: reply?.body?.inline_string?.trim() ?? name };
}

function localReplies({ patch }: Patch) {
    const { typed_config: config } = (patch?.value ?? {}) as { typed_config?: Json };
    const { mappers } = (config?.["local_reply_config"] ?? {}) as {
        mappers?: readonly {
            filter?: unknown;
            status_code?: number;
            body?: { inline_string?: string };
        }[];
    };
    return mappers;
}
