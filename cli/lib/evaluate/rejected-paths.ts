/** RBAC filters that EnvoyFilters insert first in the chain: they reject paths that are not canonical. */
import { Memo, memoizeByText } from "../snapshot/memo";
import type { ManifestOf, MeshSnapshot } from "../snapshot/snapshot";
import { isAbout } from "./match";
import { type LayerResult, type Workload, key, nameOf } from "./model";

type EnvoyFilter = ManifestOf<"EnvoyFilter">;
type Patch = NonNullable<EnvoyFilter["spec"]["configPatches"]>[number];
type Json = Readonly<Record<string, unknown>>;

interface Request {
    readonly path: string;
    readonly host: string;
    /** The pod's port. */
    readonly port: number;
}

/** A filter after all patches are applied, and the objects that installed it. */
interface InstalledFilter {
    readonly name: string;
    readonly config: Json;
    /** Paths, with their query, for which Envoy skips the filter. */
    readonly skipped: readonly string[];
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
    return installed.map(({ config, skipped, objects }): LayerResult => {
        const { name, conditional } = skipped.some((regex) => wholeOf(regex).test(request.path))
            ? ({ name: undefined, conditional: [] } as const)
            : deniedBy(config, request);
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
        (patch) =>
            firstRbac(patch) !== undefined ||
            (patch.applyTo === "NETWORK_FILTER" && localReplies(patch) !== undefined),
    );
}

function applies({ match }: Patch, context: string, port: number): boolean {
    const { context: patchContext, listener } = match ?? {};
    const destination = (listener?.filterChain as { destinationPort?: number } | undefined)?.destinationPort;
    return patchContext === context && (destination === undefined || destination === port);
}

function place(
    installed: readonly InstalledFilter[],
    { patch: configPatch, object }: { patch: Patch; object: string },
): readonly InstalledFilter[] {
    const rbac = firstRbac(configPatch);
    if (rbac === undefined) return installed;
    const filter = { ...rbac, objects: [object] };
    if (configPatch.patch?.operation === "INSERT_FIRST") return [filter, ...installed];
    return installed.map((one) => (one.name === filter.name ? filter : one));
}

const EXTENSIONS = "type.googleapis.com/envoy.extensions";

/** The RBAC filter that a patch inserts first or replaces, also inside of a matcher that skips it for some paths. */
function firstRbac({ applyTo, patch }: Patch): Omit<InstalledFilter, "objects"> | undefined {
    const { operation, value } = patch ?? {};
    if (applyTo !== "HTTP_FILTER" || (operation !== "INSERT_FIRST" && operation !== "REPLACE"))
        return undefined;
    const { name, typed_config: config } = (value ?? {}) as { name?: string; typed_config?: Json };
    if (name === undefined || config === undefined) return undefined;
    if (config["@type"] === `${EXTENSIONS}.filters.http.rbac.v3.RBAC`) return { name, config, skipped: [] };
    const inner = (config["extension_config"] as { typed_config?: Json } | undefined)?.typed_config;
    const skipped = skippedPaths(config["xds_matcher"] as Json | undefined);
    return inner?.["@type"] === `${EXTENSIONS}.filters.http.rbac.v3.RBAC` && skipped !== undefined
        ? { name, config: inner, skipped }
        : undefined;
}

/** The patterns of `:path` for which a matcher skips its filter; undefined if it does anything else. */
function skippedPaths(matcher: Json | undefined): readonly string[] | undefined {
    const { matchers = [] } = (matcher?.["matcher_list"] ?? {}) as {
        matchers?: readonly {
            predicate?: {
                single_predicate?: {
                    input?: { typed_config?: { header_name?: string } };
                    value_match?: { safe_regex?: { regex?: string } };
                };
            };
            on_match?: { action?: { typed_config?: { "@type"?: string } } };
        }[];
    };
    const patterns = matchers.flatMap(({ predicate, on_match: onMatch }) => {
        const { input, value_match: value } = predicate?.single_predicate ?? {};
        const regex = value?.safe_regex?.regex;
        const skips =
            onMatch?.action?.typed_config?.["@type"] ===
            `${EXTENSIONS}.filters.common.matcher.action.v3.SkipFilter`;
        return input?.typed_config?.header_name === ":path" && regex !== undefined && skips ? [regex] : [];
    });
    return patterns.length === matchers.length && patterns.length > 0 ? patterns : undefined;
}

/**
 * The first matching DENY policy in Envoy's order, by name. Policies with a CEL condition are listed separately,
 * because a query lacks what they test, such as the number of headers.
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
    if (entry === undefined) throw new Error("mesh explain cannot evaluate an empty Envoy RBAC rule");
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
            const { name, string_match: matcher } = value as { name: string; string_match: Json };
            if (name !== ":authority")
                throw new Error(`mesh explain cannot evaluate an Envoy RBAC rule on the header ${name}`);
            return text(matcher, request.host);
        }
        default:
            throw new Error(`mesh explain cannot evaluate the Envoy RBAC rule ${kind}`);
    }
}

const wholeOf = memoizeByText((regex) => new RegExp(`^(?:${regex})$`, "s"));

function text(matcher: Json, value: string): boolean {
    const tested = matcher["ignore_case"] === true ? value.toLowerCase() : value;
    const expected = (kind: string) => {
        const pattern = matcher[kind];
        return typeof pattern !== "string" || matcher["ignore_case"] !== true
            ? pattern
            : pattern.toLowerCase();
    };
    if (typeof expected("exact") === "string") return tested === expected("exact");
    if (typeof expected("prefix") === "string") return tested.startsWith(expected("prefix") as string);
    const { regex } = (matcher["safe_regex"] ?? {}) as { regex?: string };
    if (regex === undefined) throw new Error("mesh explain cannot evaluate this Envoy string matcher");
    return wholeOf(regex).test(value);
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
