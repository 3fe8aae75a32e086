/**
 * EnvoyFilters by which a sidecar refuses a caller's word on the tenant. What a request must send is said as a condition, by
 * the filter's own rules; a filter that holds anything else than these is left to `filters`, which calls it unknown.
 */
import { Kept, keptByText } from "../world/kept";
import type { Of, World } from "../world/world";
import { isAbout } from "./match";
import { type HttpRequest, type Step, type Workload, key, nameOf } from "./model";

type EnvoyFilter = Of<"EnvoyFilter">;
type Patch = NonNullable<EnvoyFilter["spec"]["configPatches"]>[number];
type Json = Readonly<Record<string, unknown>>;

const FILTER = "sparc.tenant_context";
/** Filters that only prepare what the one above compares. */
const PREPARES: ReadonlySet<unknown> = new Set([
    "sparc.literal_claims",
    "sparc.path_tenant",
    "sparc.path_tenant_header",
]);

interface Call {
    readonly principal: string | undefined;
    readonly port: number;
    readonly host: string;
    readonly http: HttpRequest;
}

/** The filters of a port, with their DENY policies. */
type Placed = readonly { readonly filter: EnvoyFilter; readonly rbac: ReturnType<typeof rbacOf> }[];

const placed = new Kept<Placed>();

/** What the filters of this port ask of a request of `principal`; nothing where none stands there. */
export function tenantContext(world: World, workload: Workload, call: Call): Step[] {
    const own = placed.of(world, workload, String(call.port), () =>
        filtersOf(world, workload)
            .filter(isTenantContext)
            .map((filter) => ({ filter, rbac: rbacOf(filter, call.port) }))
            .filter(({ rbac }) => rbac.length > 0),
    );
    if (own.length === 0) return [];
    const asked = own.flatMap(({ rbac }) =>
        rbac.flatMap((policies) =>
            Object.entries(policies).flatMap(([name, policy]) => ask(name, policy, call)),
        ),
    );
    return [
        {
            layer: "EnvoyFilter",
            at: nameOf(workload),
            verdict: "passes",
            objects: own.map(({ filter }) => key(filter)),
            text:
                asked.length === 0
                    ? "takes the caller's word on the tenant"
                    : "takes what a token says of the tenant, and not the caller's word",
            conditions: [...new Set(asked)],
        },
    ];
}

/** Whether a filter is of this kind alone. */
export function isTenantContext({ spec }: EnvoyFilter): boolean {
    const patches = spec.configPatches ?? [];
    return patches.some((patch) => nameIn(patch) === FILTER) && patches.every(isKnown);
}

/** Whether a wrong token counts for none at a workload's proxy, where Istio alone answers 401. */
export function toleratesWrongTokens(world: World, workload: Workload): boolean {
    const patches = filtersOf(world, workload).flatMap(({ spec }) => spec.configPatches ?? []);
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

function filtersOf(world: World, workload: Workload): EnvoyFilter[] {
    return world
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
            return nameIn(patch) === FILTER || PREPARES.has(nameIn(patch));
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

/** The DENY policies of the filters at a port. */
function rbacOf({ spec }: EnvoyFilter, port: number): Readonly<Record<string, Json>>[] {
    return (spec.configPatches ?? [])
        .filter((patch) => nameIn(patch) === FILTER && portOf(patch) === port)
        .map(({ patch }) => {
            const { rules } = (patch?.value as { typed_config: { rules: Json } }).typed_config;
            return (rules["action"] === "DENY" ? rules["policies"] : {}) as Readonly<Record<string, Json>>;
        });
}

function portOf({ match }: Patch): number | undefined {
    return (match?.listener?.filterChain as { destinationPort?: number } | undefined)?.destinationPort;
}

/** What a request must send for a policy not to deny it; nothing where the policy does not apply to it. */
function ask(name: string, policy: Json, call: Call): string[] {
    const { permissions, principals } = policy as {
        permissions: readonly Json[];
        principals: readonly Json[];
    };
    if (!principals.some((principal) => isOne(principal, call))) return [];
    const header = (permissions[0]?.["header"] as { name?: string } | undefined)?.name;
    if (header !== undefined) return [`${header} is absent, or what the token in the request says`];
    if (!permissions.some((permission) => isOne(permission, call))) return [];
    return policy["condition"] === undefined
        ? [`the path is not refused by ${name}`]
        : ["x-tenant is the tenant that the path names"];
}

/** Whether a principal of Envoy's RBAC is the caller, or one of its permissions is for the request. */
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
            const { name, string_match: wanted = {} } = value as { name: string; string_match?: Json };
            if (name === ":method") return fits(wanted, call.http.method);
            if (name === ":authority") return fits(wanted, call.host);
            throw new Error(`mesh explain cannot judge a rule on the header ${name}`);
        }
        default:
            throw new Error(`mesh explain cannot judge Envoy's rule ${kind ?? ""}`);
    }
}

const wholeOf = keptByText((regex) => new RegExp(`^(?:${regex})$`, "s"));

function fits({ exact, prefix, safe_regex: pattern, ignore_case }: Json, value: string): boolean {
    const own = ignore_case === true ? value.toLowerCase() : value;
    if (typeof exact === "string") return own === exact;
    if (typeof prefix === "string") return own.startsWith(prefix);
    const { regex = "" } = (pattern ?? {}) as { regex?: string };
    return wholeOf(regex).test(value);
}
