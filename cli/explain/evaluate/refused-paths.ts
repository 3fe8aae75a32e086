/** RBAC filters that EnvoyFilters put before all others: here, those that refuse paths which are not canonical. */
import { Kept, keptByText } from "../world/kept";
import type { Of, World } from "../world/world";
import { isAbout } from "./match";
import { type Step, type Workload, key, nameOf } from "./model";

type EnvoyFilter = Of<"EnvoyFilter">;
type Patch = NonNullable<EnvoyFilter["spec"]["configPatches"]>[number];
type Json = Readonly<Record<string, unknown>>;

interface Request {
    readonly path: string;
    readonly host: string;
    /** Of the pod. */
    readonly port: number;
}

/** A filter as it stands at a proxy once all patches are applied, and the objects that put it there. */
interface Placed {
    readonly name: string;
    readonly config: Json;
    readonly objects: readonly string[];
}

interface Chain {
    readonly patches: readonly { readonly patch: Patch; readonly object: string }[];
    readonly placed: readonly Placed[];
}

const chains = new Kept<Chain>();

function chainOf(world: World, workload: Workload, port: number): Chain {
    const context = workload.gateway === true ? "GATEWAY" : "SIDECAR_INBOUND";
    const about = world
        .of("EnvoyFilter")
        .filter(({ metadata, spec }) => isAbout(metadata.namespace, spec.workloadSelector?.labels, workload))
        .sort((a, b) => (a.spec.priority ?? 0) - (b.spec.priority ?? 0));
    const patches = about.flatMap((filter) =>
        (filter.spec.configPatches ?? [])
            .filter((patch) => applies(patch, context, port))
            .map((patch) => ({ patch, object: key(filter) })),
    );
    return { patches, placed: patches.reduce<readonly Placed[]>(place, []) };
}

/** What these filters say to a request; nothing where none stands at the proxy. */
export function refusedPaths(world: World, workload: Workload, request: Request): Step[] {
    const { patches, placed } = chains.of(world, workload, String(request.port), () =>
        chainOf(world, workload, request.port),
    );
    return placed.map(({ config, objects }): Step => {
        const { name, conditional } = deniedBy(config, request);
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
            verdict: name === undefined ? "passes" : "denies",
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

/** The EnvoyFilters that this module judges in full. */
export function isJudged({ spec }: EnvoyFilter): boolean {
    return (spec.configPatches ?? []).every(
        (patch) =>
            isFirstRbac(patch) || (patch.applyTo === "NETWORK_FILTER" && localReplies(patch) !== undefined),
    );
}

function applies({ match }: Patch, context: string, port: number): boolean {
    const { context: own, listener } = match ?? {};
    const destination = (listener?.filterChain as { destinationPort?: number } | undefined)?.destinationPort;
    return own === context && (destination === undefined || destination === port);
}

function place(
    placed: readonly Placed[],
    { patch: own, object }: { patch: Patch; object: string },
): readonly Placed[] {
    if (!isFirstRbac(own)) return placed;
    const { name, typed_config: config } = own.patch?.value as { name: string; typed_config: Json };
    if (own.patch?.operation === "INSERT_FIRST") return [{ name, config, objects: [object] }, ...placed];
    return placed.map((one) => (one.name === name ? { name, config, objects: [object] } : one));
}

function isFirstRbac({ applyTo, patch }: Patch): boolean {
    const { operation, value } = patch ?? {};
    const type = (value as { typed_config?: Json } | undefined)?.typed_config?.["@type"];
    return (
        applyTo === "HTTP_FILTER" &&
        (operation === "INSERT_FIRST" || operation === "REPLACE") &&
        type === "type.googleapis.com/envoy.extensions.filters.http.rbac.v3.RBAC"
    );
}

/**
 * The first DENY policy that matches, in Envoy's order: by name. Those that would, but for a condition in CEL, are listed beside:
 * it is about what a question does not hold, such as the number of headers.
 */
function deniedBy(
    config: Json,
    request: Request,
): { readonly name: string | undefined; readonly conditional: readonly string[] } {
    const { action, policies = {} } = (config["rules"] ?? {}) as {
        action?: string;
        policies?: Readonly<Record<string, { permissions: readonly Json[]; condition?: unknown }>>;
    };
    if (action !== "DENY") return { name: undefined, conditional: [] };
    const matching = Object.entries(policies)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .filter(([, { permissions }]) => permissions.some((rule) => matches(rule, request)));
    return {
        name: matching.find(([, { condition }]) => condition === undefined)?.[0],
        conditional: matching.flatMap(([name, { condition }]) => (condition === undefined ? [] : [name])),
    };
}

function matches(rule: Json, request: Request): boolean {
    const [entry] = Object.entries(rule);
    if (entry === undefined) throw new Error("mesh explain cannot judge an empty rule of Envoy's");
    const [kind, value] = entry;
    const rules = () => (value as { rules: readonly Json[] }).rules;
    switch (kind) {
        case "any":
            return value === true;
        case "and_rules":
            return rules().every((one) => matches(one, request));
        case "or_rules":
            return rules().some((one) => matches(one, request));
        case "not_rule":
            return !matches(value as Json, request);
        case "url_path":
            return text((value as { path: Json }).path, request.path.split(/[?#]/, 1)[0] ?? "");
        case "header": {
            const { name, string_match: wanted } = value as { name: string; string_match: Json };
            if (name !== ":authority")
                throw new Error(`mesh explain cannot judge a rule on the header ${name}`);
            return text(wanted, request.host);
        }
        default:
            throw new Error(`mesh explain cannot judge Envoy's rule ${kind}`);
    }
}

const wholeOf = keptByText((regex) => new RegExp(`^(?:${regex})$`, "s"));

function text(matcher: Json, value: string): boolean {
    const own = matcher["ignore_case"] === true ? value.toLowerCase() : value;
    const wanted = (kind: string) => {
        const said = matcher[kind];
        return typeof said !== "string" || matcher["ignore_case"] !== true ? said : said.toLowerCase();
    };
    if (typeof wanted("exact") === "string") return own === wanted("exact");
    if (typeof wanted("prefix") === "string") return own.startsWith(wanted("prefix") as string);
    const { regex } = (matcher["safe_regex"] ?? {}) as { regex?: string };
    if (regex === undefined) throw new Error("mesh explain cannot judge this matcher of Envoy's");
    return wholeOf(regex).test(value);
}

/** The response to the client, by the policy that denied: Envoy's own (403) where no mapper rewrites it. */
function answerOf(
    patches: readonly Patch[],
    name: string,
): { readonly status: number; readonly text: string } {
    const found = patches
        .flatMap((patch) => localReplies(patch) ?? [])
        .find(({ filter }) => JSON.stringify(filter).includes(`[${name}]`));
    return { status: found?.status_code ?? 403, text: found?.body?.inline_string?.trim() ?? name };
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
