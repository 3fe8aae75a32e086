/**
 * Which requests tell two meshes apart: policies compare verbs and paths with patterns, so that one request for each
 * pattern of either side, and one that no pattern names, stand for all.
 */
import { isAbout } from "../../explain/evaluate/match";
import type { HttpRequest, Workload } from "../../explain/evaluate/model";
import type { World } from "../../explain/world/world";

/** A verb that no policy names, for those that ask for none. */
const ANY_VERB = "PURGE";

export interface Asked {
    /** `GET /v1/alerts/{*}`, `any verb /v1`, or `anything`. */
    readonly text: string;
    readonly http: HttpRequest;
}

/** What is asked of every HTTP port: no policy names it. */
export const ANYTHING = "anything";

interface Operation {
    readonly ports?: readonly string[];
    readonly methods?: readonly string[];
    readonly paths?: readonly string[];
    readonly notMethods?: readonly string[];
    readonly notPaths?: readonly string[];
}

/** A proxy whose policies a request passes, and on which of its pod's ports; on any where absent. */
export interface Passed {
    readonly workload: Workload;
    readonly port?: number;
}

/** Every request that the policies of those that it passes, in any of `worlds`, tell from others. */
export function requestsOf(worlds: readonly World[], passed: readonly Passed[]): Asked[] {
    const asked = new Map<string, Asked>();
    const add = (text: string, method: string, path: string) =>
        asked.set(text, { text, http: { method, path, headers: {} } });
    add(ANYTHING, ANY_VERB, "/no-policy-names-this");
    for (const { methods, paths } of worlds.flatMap((world) =>
        passed.flatMap((one) => operationsOf(world, one)),
    )) {
        for (const method of methods.length > 0 ? methods : [undefined])
            for (const path of paths.length > 0 ? paths : [undefined]) {
                if (method === undefined && path === undefined) continue;
                add(
                    `${method ?? "any verb"} ${path ?? "any path"}`,
                    method === undefined || method === "*" ? ANY_VERB : method,
                    path === undefined ? "/no-policy-names-this" : samplePath(path),
                );
            }
    }
    return [...asked.values()].sort((a, b) => (a.text < b.text ? -1 : 1));
}

function operationsOf(
    world: World,
    { workload, port }: Passed,
): { methods: readonly string[]; paths: readonly string[] }[] {
    return world
        .of("AuthorizationPolicy")
        .filter(({ metadata, spec }) => isAbout(metadata.namespace, spec.selector?.matchLabels, workload))
        .flatMap(({ spec }) => spec.rules ?? [])
        .flatMap(({ to = [] }) => to)
        .map(({ operation = {} }) => operation as Operation)
        .filter(({ ports }) => port === undefined || ports === undefined || ports.includes(String(port)))
        .flatMap(({ methods = [], paths = [], notMethods = [], notPaths = [] }) => [
            { methods, paths },
            // What an exception names is told from the rest, too.
            ...(notMethods.length + notPaths.length > 0 ? [{ methods: notMethods, paths: notPaths }] : []),
        ]);
}

/** A path that a pattern stands for, and that no narrower pattern does: `{**}` is more than the one segment of `{*}`. */
export function samplePath(pattern: string): string {
    const path = pattern.replaceAll("{**}", "x/y").replaceAll("{*}", "x");
    if (path === "*") return "/x/y";
    if (path.startsWith("*")) return `/x${path.slice(1)}`;
    return path.endsWith("*") ? `${path.slice(0, -1)}x/y` : path;
}
