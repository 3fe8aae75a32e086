/**
 * EnvoyFilters with which a sidecar rejects a tenant asserted by the caller. What a request must send is reported as a
 * condition, derived from the filter's rules. A filter with any other patch is left to `filters`, which reports it as
 * not evaluated.
 */
import { Memo, memoizeByText } from "../snapshot/memo";
import type { ManifestOf, MeshSnapshot } from "../snapshot/snapshot";
import { isAbout } from "./match";
import { type HttpRequest, type LayerResult, type Workload, key, nameOf } from "./model";

type EnvoyFilter = ManifestOf<"EnvoyFilter">;
type Patch = NonNullable<EnvoyFilter["spec"]["configPatches"]>[number];
type Json = Readonly<Record<string, unknown>>;

const FILTER = "sparc.tenant_context";
/** Filters that only prepare values for the one above. */
const PREPARES: ReadonlySet<unknown> = new Set([
    "sparc.literal_claims",
    "sparc.path_tenant",
    "sparc.path_tenant_decoded",
]);

interface Call {
    readonly principal: string | undefined;
    readonly port: number;
    readonly host: string;
    readonly http: HttpRequest;
}

/** The filters of a port with their DENY policies. */
type PortFilters = readonly { readonly filter: EnvoyFilter; readonly rbac: ReturnType<typeof rbacOf> }[];

const filtersByPort = new Memo<PortFilters>();

/** What the filters of this port require of a request from `principal`; empty without such filters. */
export function tenantContext(snapshot: MeshSnapshot, workload: Workload, call: Call): LayerResult[] {
    const portFilters = filtersByPort.of(snapshot, workload, String(call.port), () =>
        filtersOf(snapshot, workload)
            .filter(isTenantContext)
            .map((filter) => ({ filter, rbac: rbacOf(filter, call.port) }))
            .filter(({ rbac }) => rbac.length > 0),
    );
    if (portFilters.length === 0) return [];
    const requirements = portFilters.flatMap(({ rbac }) =>
        rbac.flatMap((policies) =>
            Object.entries(policies).flatMap(([name, policy]) => requirementsOf(name, policy, call)),
        ),
    );
    return [
        {
            layer: "EnvoyFilter",
            at: nameOf(workload),
            verdict: "allowed",
            objects: portFilters.map(({ filter }) => key(filter)),
            text:
                requirements.length === 0
                    ? "trusts the tenant that the caller asserts"
                    : "takes the tenant from the token, not from the caller",
            conditions: [...new Set(requirements)],
        },
    ];
}

/** Whether all patches of a filter are of this kind. */
export function isTenantContext({ spec }: EnvoyFilter): boolean {
    const patches = spec.configPatches ?? [];
    return patches.some((patch) => nameIn(patch) === FILTER) && patches.every(isKnown);
}

/**
 * Whether a workload's proxy treats an invalid token as missing, instead of responding 401 as Istio does by default.
 */
export function toleratesWrongTokens(snapshot: MeshSnapshot, workload: Workload): boolean {
    const patches = filtersOf(snapshot, workload).flatMap(({ spec }) => spec.configPatches ?? []);
    const isNamed = patches.some(
        ({ applyTo, patch }) =>
            applyTo === "HTTP_ROUTE" && JSON.stringify(patch?.value ?? {}).includes("requirement_name"),
    );
    const isLenient = patches.some(
        ({ applyTo, patch }) =>
            applyTo === "HTTP_FILTER" &&
            JSON.stringify(patch?.value ?? {}).includes("allow_missing_or_failed"),
    );
    return isNamed && isLenient;
}

function filtersOf(snapshot: MeshSnapshot, workload: Workload): EnvoyFilter[] {
    return snapshot
        .of("EnvoyFilter")
        .filter(({ metadata, spec }) => isAbout(metadata.namespace, spec.workloadSelector?.labels, workload));
}

function nameIn({ patch }: Patch): unknown {
    return (patch?.value as Json | undefined)?.["name"];
}

function isKnown(patch: Patch): boolean {
    const { applyTo, match, patch: change } = patch;
    if (match?.context !== "SIDECAR_INBOUND") return false;
    const operation = `${applyTo} ${change?.operation}`;
    const value = (change?.value ?? {}) as Json;
    const keys = (allowed: readonly string[], of: Json) =>
        Object.keys(of).every((one) => allowed.includes(one));
    const config = (value["typed_config"] ?? {}) as Json;
    switch (operation) {
        case "HTTP_FILTER INSERT_BEFORE":
            return (nameIn(patch) === FILTER && isDeny(config)) || PREPARES.has(nameIn(patch));
        case "HTTP_FILTER MERGE":
            return keys(["@type", "requirement_map"], config);
        case "HTTP_ROUTE MERGE":
            return keys(["request_headers_to_remove", "typed_per_filter_config"], value);
        case "NETWORK_FILTER MERGE":
            return keys(["@type", "early_header_mutation_extensions", "local_reply_config"], config);
        default:
            return false;
    }
}

/** Whether a configuration is a plain RBAC filter that denies, and not one inside of a matcher, or one that allows. */
function isDeny(config: Json): boolean {
    const { action } = (config["rules"] ?? {}) as { action?: string };
    return (
        config["@type"] === "type.googleapis.com/envoy.extensions.filters.http.rbac.v3.RBAC" &&
        action === "DENY"
    );
}

/** The DENY policies of a filter for a port. */
function rbacOf({ spec }: EnvoyFilter, port: number): Readonly<Record<string, Json>>[] {
    return (spec.configPatches ?? [])
        .filter((patch) => nameIn(patch) === FILTER && portOf(patch) === port)
        .map(({ patch }) => {
            const { rules } = (patch?.value as { typed_config: { rules: Json } }).typed_config;
            return (rules["policies"] ?? {}) as Readonly<Record<string, Json>>;
        });
}

function portOf({ match }: Patch): number | undefined {
    return (match?.listener?.filterChain as { destinationPort?: number } | undefined)?.destinationPort;
}

/** What a request must send so that a policy does not deny it; empty if the policy does not apply to it. */
function requirementsOf(name: string, policy: Json, call: Call): string[] {
    const { permissions, principals } = policy as {
        permissions: readonly Json[];
        principals: readonly Json[];
    };
    if (!principals.some((principal) => isOne(principal, call))) return [];
    const header = (permissions[0]?.["header"] as { name?: string } | undefined)?.name;
    if (header !== undefined) return [`${header} is absent, or equals the claim in the request's token`];
    if (!permissions.some((permission) => isOne(permission, call))) return [];
    return policy["condition"] === undefined
        ? [`the path is not denied by ${name}`]
        : ["x-tenant is the tenant in the path"];
}

/** Whether a principal of Envoy's RBAC matches the caller, or a permission matches the request. */
function isOne(rule: Json, call: Call): boolean {
    const [[kind, value] = []] = Object.entries(rule);
    const inner = () => Object.values(value as Record<string, Json[]>)[0] ?? [];
    switch (kind ?? "") {
        case "any":
            return value === true;
        case "and_ids":
        case "and_rules":
            return inner().every((one) => isOne(one, call));
        case "or_ids":
        case "or_rules":
            return inner().some((one) => isOne(one, call));
        case "not_id":
        case "not_rule":
            return !isOne(value as Json, call);
        case "authenticated": {
            const { exact } = (value as { principal_name: { exact?: string } }).principal_name;
            return call.principal !== undefined && exact === `spiffe://${call.principal}`;
        }
        case "url_path":
            return fits((value as { path: Json }).path, call.http.path.split(/[?#]/, 1)[0] ?? "");
        case "header": {
            const { name, string_match: matcher = {} } = value as { name: string; string_match?: Json };
            if (name === ":method") return fits(matcher, call.http.method);
            if (name === ":authority") return fits(matcher, call.host);
            throw new Error(`mesh explain cannot evaluate an Envoy RBAC rule on the header ${name}`);
        }
        default:
            throw new Error(`mesh explain cannot evaluate the Envoy RBAC rule ${kind ?? ""}`);
    }
}

const wholeOf = memoizeByText((regex) => new RegExp(`^(?:${regex})$`, "s"));

function fits({ exact, prefix, safe_regex: pattern, ignore_case }: Json, value: string): boolean {
    const tested = ignore_case === true ? value.toLowerCase() : value;
    if (typeof exact === "string") return tested === exact;
    if (typeof prefix === "string") return tested.startsWith(prefix);
    const { regex = "" } = (pattern ?? {}) as { regex?: string };
    return wholeOf(regex).test(value);
}
