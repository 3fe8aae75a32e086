/**
 * Sample requests that distinguish two meshes. Policies match methods and paths with patterns, so one request per
 * pattern of either side, and one that matches no pattern, represent all.
 */
import { isAbout, samplePath } from "../../lib/evaluate/match";
import type { HttpRequest, Workload } from "../../lib/evaluate/model";
import type { MeshSnapshot } from "../../lib/snapshot/snapshot";

/** A method that no policy names, for patterns without a method. */
const ANY_VERB = "PURGE";

export interface SampleRequest {
    /** `GET /v1/alerts/{*}`, `any verb /v1`, or `anything`. */
    readonly text: string;
    readonly http: HttpRequest;
}

/** The request that no policy names. */
export const ANYTHING = "anything";

interface Operation {
    readonly ports?: readonly string[];
    readonly methods?: readonly string[];
    readonly paths?: readonly string[];
    readonly notMethods?: readonly string[];
    readonly notPaths?: readonly string[];
}

/** A proxy whose policies apply to a request, and the port on its pod; any port if absent. */
export interface EnforcementPoint {
    readonly workload: Workload;
    readonly port?: number;
}

/** A sample request for every pattern in the policies of these proxies, in any of the snapshots. */
export function requestsOf(
    snapshots: readonly MeshSnapshot[],
    points: readonly EnforcementPoint[],
): SampleRequest[] {
    const samples = new Map<string, SampleRequest>();
    const add = (text: string, method: string, path: string) =>
        samples.set(text, { text, http: { method, path, headers: {} } });
    add(ANYTHING, ANY_VERB, "/no-policy-names-this");
    for (const { methods, paths } of snapshots.flatMap((snapshot) =>
        points.flatMap((one) => operationsOf(snapshot, one)),
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
    return [...samples.values()].sort((a, b) => (a.text < b.text ? -1 : 1));
}

function operationsOf(
    snapshot: MeshSnapshot,
    { workload, port }: EnforcementPoint,
): { methods: readonly string[]; paths: readonly string[] }[] {
    return snapshot
        .of("AuthorizationPolicy")
        .filter(({ metadata, spec }) => isAbout(metadata.namespace, spec.selector?.matchLabels, workload))
        .flatMap(({ spec }) => spec.rules ?? [])
        .flatMap(({ to = [] }) => to)
        .map(({ operation = {} }) => operation as Operation)
        .filter(({ ports }) => port === undefined || ports === undefined || ports.includes(String(port)))
        .flatMap(({ methods = [], paths = [], notMethods = [], notPaths = [] }) => [
            { methods, paths },
            // Exceptions also distinguish requests.
            ...(notMethods.length + notPaths.length > 0 ? [{ methods: notMethods, paths: notPaths }] : []),
        ]);
}
