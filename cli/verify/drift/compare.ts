/** What the cluster holds, against what the program renders. */
import { canOpen } from "./opens";
import { comparisonOf, isDeciding } from "./kinds";
import { describeObject } from "./describe";
import { decidingMetadata } from "./metadata";
import { type KubeObject, keyOf } from "./objects";

/**
 * One object that is not as the program has it.
 * - `missing` and `changed`: the program's own. The mesh is not what the program says, whatever traffic shows.
 * - `foreign`: not the program's.
 */
export interface Drift {
    readonly state: "missing" | "changed" | "foreign";
    /** Of a foreign object: whether it can widen access, which no sample of requests disproves. False for the others. */
    readonly opens: boolean;
    readonly object: KubeObject;
    /** One sentence, for people. */
    readonly text: string;
}

/** Whether the mesh is not what the program says. A foreign object that can only deny is a warning. */
export function isDifference({ state, opens }: Drift): boolean {
    return state !== "foreign" || opens;
}

/**
 * Compares the deciding kinds.
 *
 * @param live those of the program's namespaces, and of the cluster
 * @param releases the program's Helm releases, whose webhooks are not foreign
 */
export function compare(
    program: readonly KubeObject[],
    live: readonly KubeObject[],
    releases: readonly HelmRelease[] = [],
): Drift[] {
    const own = new Map(program.filter(isDeciding).map((object) => [keyOf(object), object]));
    const found = new Map(live.map((object) => [keyOf(object), object]));
    const drift: Drift[] = [];
    for (const [key, object] of own) {
        const current = found.get(key);
        if (current === undefined) {
            const text = `${key} is missing: it ${describeObject(object)}`;
            drift.push({ state: "missing", opens: false, object, text });
            continue;
        }
        const changes = changesOf(object, current);
        if (changes.length === 0) continue;
        const text = `${key} was changed: ${changes.join("; ")}`;
        drift.push({ state: "changed", opens: false, object: current, text });
    }
    for (const [key, object] of found) {
        if (own.has(key) || !isReportedWhenForeign(object, releases) || isRollouts(object, program)) continue;
        const opens = canOpen(object);
        const can = opens ? "can widen access: it " : "";
        const text = `${key} is not the program's${opens ? " and " : ": it "}${can}${describeObject(object)}`;
        drift.push({ state: "foreign", opens, object, text });
    }
    return drift.sort((a, b) => (keyOf(a.object) < keyOf(b.object) ? -1 : 1));
}

function changesOf(program: KubeObject, live: KubeObject): string[] {
    const { fields = [], match = "exact", absent = [] } = comparisonOf(program.kind) ?? {};
    const compared = fields.flatMap((field) =>
        differences(normal(fieldOf(program, field)), normal(fieldOf(live, field)), field, match),
    );
    const specOf = ({ spec }: KubeObject, field: string) =>
        (spec as Record<string, unknown> | undefined)?.[field];
    const added = absent.flatMap((field) =>
        differences(specOf(program, field), specOf(live, field), `spec.${field}`, "exact"),
    );
    return [
        ...differences(decidingMetadata(program), decidingMetadata(live), "metadata", "exact"),
        ...compared,
        ...added,
    ];
}

function fieldOf(object: KubeObject, field: string): unknown {
    return (object as unknown as Record<string, unknown>)[field];
}

/** Where one of the program's charts is installed. */
export interface HelmRelease {
    readonly name: string;
    readonly namespace: string;
}

/** Flagger and charts make Services as well, and charts webhooks. */
function isReportedWhenForeign(object: KubeObject, releases: readonly HelmRelease[]): boolean {
    const { kind } = object;
    if (comparisonOf(kind)?.foreign !== true) return false;
    if (kind === "Service") return canOpen(object);
    if (kind !== "MutatingWebhookConfiguration") return true;
    return canOpen(object) && !isOfEks(object) && !releases.some((release) => isOf(object, release));
}

/** Of a chart's webhooks no other namespace's Service is asked. An annotation alone anybody can write. */
function isOf({ metadata: { annotations = {} }, webhooks = [] }: KubeObject, release: HelmRelease): boolean {
    return (
        annotations["meta.helm.sh/release-name"] === release.name &&
        annotations["meta.helm.sh/release-namespace"] === release.namespace &&
        webhooks.every(
            ({ clientConfig }) =>
                clientConfig?.url === undefined && clientConfig?.service?.namespace === release.namespace,
        )
    );
}

/** Webhooks that EKS itself brings: they give pods credentials and interfaces, and are asked inside its own control plane. */
const OF_EKS: readonly string[] = ["pod-identity-webhook", "vpc-resource-mutating-webhook"];

function isOfEks({ metadata, webhooks = [] }: KubeObject): boolean {
    return (
        OF_EKS.includes(metadata.name) &&
        webhooks.every(({ clientConfig }) => clientConfig?.url?.startsWith("https://127.0.0.1:") === true)
    );
}

/** What Flagger makes of the kinds that decide about traffic, by the suffixes of their names. */
const FLAGGERS: Readonly<Record<string, readonly string[]>> = {
    DestinationRule: ["-canary", "-primary"],
    VirtualService: [""],
};

/** Whether Flagger made it for a rollout of the program's: its routes, and its rules for where they lead. */
function isRollouts({ kind: own, metadata }: KubeObject, program: readonly KubeObject[]): boolean {
    const suffixes = FLAGGERS[own] ?? [];
    return (metadata.ownerReferences ?? []).some(({ kind, name }) =>
        program.some((object) => {
            const { service } = (object.spec ?? {}) as { service?: { name?: string } };
            const apex = service?.name ?? name;
            return (
                kind === "Canary" &&
                object.kind === kind &&
                object.metadata.name === name &&
                object.metadata.namespace === metadata.namespace &&
                suffixes.some((suffix) => metadata.name === `${apex}${suffix}`)
            );
        }),
    );
}

/** The API server drops empty lists of its own kinds, and a missing spec is an empty one. */
function normal(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(normal);
    if (!isRecord(value)) return value ?? {};
    const entries = Object.entries(value).filter(
        ([, inner]) => !(Array.isArray(inner) && inner.length === 0),
    );
    return Object.fromEntries(entries.map(([key, inner]) => [key, normal(inner)]));
}

/** Each path at which the two differ, with both values. */
function differences(program: unknown, live: unknown, path: string, match: "exact" | "subset"): string[] {
    if (isRecord(program) && isRecord(live)) {
        const added = match === "exact" ? Object.keys(live) : [];
        const keys = [...new Set([...Object.keys(program), ...added])].sort();
        return keys.flatMap((key) => differences(program[key], live[key], `${path}.${key}`, match));
    }
    if (Array.isArray(program) && Array.isArray(live) && program.length === live.length) {
        return program.flatMap((item, index) => differences(item, live[index], `${path}[${index}]`, match));
    }
    if (JSON.stringify(program) === JSON.stringify(live)) return [];
    return [`${path} is ${shown(live)} in the cluster and ${shown(program)} in the program`];
}

function shown(value: unknown): string {
    return value === undefined ? "absent" : JSON.stringify(value);
}

function isRecord(value: unknown): value is Record<string, unknown> {
    return typeof value === "object" && value !== null && !Array.isArray(value);
}
