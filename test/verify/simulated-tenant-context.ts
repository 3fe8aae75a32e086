/** What a sidecar's filter on tenants refuses, read from the rendered objects: RBAC and CEL as Envoy's documentation has them. */
import { type KubeObject, selectorOf } from "../../cli/verify/drift/objects";
import type { Sent } from "../../cli/verify/model";
import { matchesWhole } from "./simulated-rbac";

type Json = Readonly<Record<string, unknown>>;
type Headers = Readonly<Record<string, string>>;

export interface AtSidecar {
    readonly principal: string | undefined;
    readonly workload: string;
    readonly port: number;
    readonly host: string;
    readonly method: string;
    readonly path: string;
    readonly sends: Sent | undefined;
}

interface Patch {
    readonly match?: { readonly listener?: { readonly filterChain?: { readonly destinationPort?: number } } };
    readonly patch: { readonly value: { readonly name?: string; readonly typed_config?: Json } };
}

export function refusesTenant(objects: readonly KubeObject[], request: AtSidecar): boolean {
    const own = objects.filter(
        (object) =>
            object.metadata.namespace === "sparc" &&
            selectorOf(object)?.["sparc.dev/service"] === request.workload,
    );
    const filters = own
        .filter(({ kind }) => kind === "EnvoyFilter")
        .flatMap(({ spec }) => (spec as { configPatches: readonly Patch[] }).configPatches)
        .filter(({ match }) => match?.listener?.filterChain?.destinationPort === request.port)
        .map(({ patch }) => patch.value);
    const headers: Headers = {
        ":method": request.method,
        ":path": request.path,
        ":authority": request.host,
        ...request.sends?.headers,
        ...ofToken(own, request.sends),
        ...ofPath(filters, request.path),
    };
    return filters
        .filter(({ name }) => name === "sparc.tenant_context")
        .flatMap(({ typed_config }) => {
            const { policies } = typed_config?.["rules"] as { policies: Readonly<Record<string, Json>> };
            return Object.values(policies);
        })
        .some(
            (policy) =>
                (policy["permissions"] as Json[]).some((rule) => matches(rule, request, headers)) &&
                (policy["principals"] as Json[]).some((rule) => matches(rule, request, headers)) &&
                (policy["condition"] === undefined ||
                    evaluate(policy["condition"] as Json, headers) === true),
        );
}

/** Of a token that is good, whose keys the sidecar has. */
function ofToken(objects: readonly KubeObject[], sends: Sent | undefined): Headers {
    const { token } = sends ?? {};
    if (token === undefined || token.flaw !== undefined) return {};
    const claims: Readonly<Record<string, string | undefined>> = {
        tenant: token.tenant,
        sub: token.subject,
        plan: token.plan,
    };
    return Object.fromEntries(
        objects
            .filter(({ kind }) => kind === "RequestAuthentication")
            .flatMap(({ spec }) => (spec as { jwtRules: readonly Json[] }).jwtRules)
            .flatMap((rule) => rule["outputClaimToHeaders"] as { header: string; claim: string }[])
            .flatMap(({ header, claim }) => {
                const value = claims[claim];
                return value === undefined ? [] : [[header, value] as const];
            }),
    );
}

function ofPath(filters: readonly Patch["patch"]["value"][], path: string): Headers {
    const rules = filters.flatMap(
        ({ typed_config }) => (typed_config?.["request_rules"] ?? []) as { on_header_present: Json }[],
    );
    return Object.fromEntries(
        rules.flatMap(({ on_header_present: { key, regex_value_rewrite } }) => {
            const { pattern, substitution } = regex_value_rewrite as {
                pattern: { regex: string };
                substitution: string;
            };
            const tenant = path.replace(new RegExp(pattern.regex), substitution.replaceAll("\\", "$"));
            return tenant === path ? [] : [[`x-sparc-path-tenant-${key as string}`, tenant] as const];
        }),
    );
}

/** A permission or a principal. */
function matches(rule: Json, request: AtSidecar, headers: Headers): boolean {
    const [[kind, value] = []] = Object.entries(rule);
    const all = () => Object.values(value as Record<string, Json[]>)[0] ?? [];
    switch (kind ?? "") {
        case "any":
            return value === true;
        case "and_rules":
        case "and_ids":
            return all().every((one) => matches(one, request, headers));
        case "or_rules":
        case "or_ids":
            return all().some((one) => matches(one, request, headers));
        case "not_rule":
        case "not_id":
            return !matches(value as Json, request, headers);
        case "authenticated": {
            const { exact } = (value as { principal_name: { exact: string } }).principal_name;
            return exact === `spiffe://${request.principal ?? ""}`;
        }
        case "url_path":
            return matchesText((value as { path: Json }).path, request.path.split("?", 1)[0] ?? "");
        case "header": {
            const { name, present_match, string_match } = value as {
                name: string;
                present_match?: boolean;
                string_match?: Json;
            };
            const own = headers[name];
            if (present_match === true || own === undefined) return own !== undefined;
            return matchesText(string_match ?? {}, own);
        }
        default:
            throw new Error(`this evaluator does not read ${kind ?? "an empty rule"}`);
    }
}

function matchesText({ exact, prefix, safe_regex }: Json, text: string): boolean {
    if (typeof exact === "string") return text === exact;
    if (typeof prefix === "string") return text.startsWith(prefix);
    return matchesWhole((safe_regex as { regex: string }).regex, text);
}

/** A value of CEL; undefined where Envoy has an error, by which no condition holds. */
function evaluate(expression: Json, headers: Headers): string | boolean | undefined {
    const { call_expr, const_expr } = expression as {
        call_expr?: { function: string; args: Json[] };
        const_expr?: { string_value: string };
    };
    if (const_expr !== undefined) return const_expr.string_value;
    if (call_expr === undefined) throw new Error("this evaluator reads calls and constants only");
    const [first = {}, second = {}] = call_expr.args;
    const value = (one: Json) => evaluate(one, headers);
    switch (call_expr.function) {
        case "!_": {
            const own = value(first);
            return typeof own === "boolean" ? !own : undefined;
        }
        case "_&&_": {
            const values = [value(first), value(second)];
            if (values.includes(false)) return false;
            return values.includes(undefined) ? undefined : true;
        }
        case "_==_": {
            const [a, b] = [value(first), value(second)];
            return a === undefined || b === undefined ? undefined : a === b;
        }
        case "@in":
            return headers[String(value(first))] !== undefined;
        case "_[_]":
            return headers[String(value(second))];
        default:
            throw new Error(`this evaluator does not know ${call_expr.function}`);
    }
}
