/** Evaluates a sidecar's tenant filter from the rendered objects: RBAC and CEL by Envoy's documentation. */
import { type KubeObject, selectorOf } from "../../cli/lib/drift/objects";
import type { RequestContext } from "../../cli/verify/model";
import { matchesWhole } from "./simulated-rbac";

type Json = Readonly<Record<string, unknown>>;
type Headers = Readonly<Record<string, string>>;
/** A value of CEL: a text, or a map by name. */
type Value = string | { readonly [name: string]: Value };
/** What an expression can name. */
type Attributes = Readonly<Record<string, Value>>;

export interface AtSidecar {
    readonly principal: string | undefined;
    readonly workload: string;
    readonly port: number;
    readonly host: string;
    readonly method: string;
    readonly path: string;
    readonly sends: RequestContext | undefined;
}

interface Patch {
    readonly match?: { readonly listener?: { readonly filterChain?: { readonly destinationPort?: number } } };
    readonly patch: { readonly value: { readonly name?: string; readonly typed_config?: Json } };
}

export function rejectsTenant(objects: readonly KubeObject[], request: AtSidecar): boolean {
    const filterObjects = objects.filter(
        (object) =>
            object.metadata.namespace === "sparc" &&
            selectorOf(object)?.["sparc.dev/service"] === request.workload,
    );
    const filters = filterObjects
        .filter(({ kind }) => kind === "EnvoyFilter")
        .flatMap(({ spec }) => (spec as { configPatches: readonly Patch[] }).configPatches)
        .filter(({ match }) => match?.listener?.filterChain?.destinationPort === request.port)
        .map(({ patch }) => patch.value);
    const headers: Headers = {
        ":method": request.method,
        ":path": request.path,
        ":authority": request.host,
        ...request.sends?.headers,
        ...ofToken(filterObjects, request.sends),
    };
    const attributes: Attributes = {
        request: { headers },
        metadata: { filter_metadata: { "sparc.edge.path_tenant": ofPath(filters, request.path) } },
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
                    evaluate(policy["condition"] as Json, attributes) === true),
        );
}

/** The claims of a valid token whose keys the sidecar has. */
function ofToken(objects: readonly KubeObject[], sends: RequestContext | undefined): Headers {
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
            return [[key as string, tenant] as const];
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
            const actual = headers[name];
            if (present_match === true || actual === undefined) return actual !== undefined;
            return matchesText(string_match ?? {}, actual);
        }
        default:
            throw new Error(`this evaluator does not support ${kind ?? "an empty rule"}`);
    }
}

function matchesText({ exact, prefix, safe_regex }: Json, text: string): boolean {
    if (typeof exact === "string") return text === exact;
    if (typeof prefix === "string") return text.startsWith(prefix);
    return matchesWhole((safe_regex as { regex: string }).regex, text);
}

/** A CEL value; undefined for an evaluation error, for which Envoy treats the condition as false. */
function evaluate(expression: Json, attributes: Attributes): Value | boolean | undefined {
    const { call_expr, const_expr, ident_expr, select_expr } = expression as {
        call_expr?: { function: string; args: Json[] };
        const_expr?: { string_value: string };
        ident_expr?: { name: string };
        select_expr?: { operand: Json; field: string };
    };
    const value = (one: Json) => evaluate(one, attributes);
    if (const_expr !== undefined) return const_expr.string_value;
    if (ident_expr !== undefined) return attributes[ident_expr.name];
    if (select_expr !== undefined) return inMap(value(select_expr.operand), select_expr.field);
    if (call_expr === undefined)
        throw new Error(`this evaluator does not support ${JSON.stringify(expression)}`);
    const [first = {}, second = {}] = call_expr.args;
    switch (call_expr.function) {
        case "!_": {
            const negated = value(first);
            return typeof negated === "boolean" ? !negated : undefined;
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
        case "@in": {
            const map = value(second);
            return map === undefined ? undefined : inMap(map, value(first)) !== undefined;
        }
        case "_[_]":
            return inMap(value(first), value(second));
        default:
            throw new Error(`this evaluator does not support ${call_expr.function}`);
    }
}

function inMap(map: Value | boolean | undefined, name: Value | boolean | undefined): Value | undefined {
    return typeof map === "object" && typeof name === "string" ? map[name] : undefined;
}
