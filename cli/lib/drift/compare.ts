/** Compares the cluster's objects with the objects that the program renders. */
import { CANARY } from "../../../components/shared/flagger/flagger";
import { trafficObjectsOf } from "../../../components/shared/flagger/rollouts";
import { canWidenAccess } from "./widens-access";
import { comparisonOf, isDeciding } from "./kinds";
import { describeObject } from "./describe";
import { decidingMetadata } from "./metadata";
import { type KubeObject, keyOf } from "./objects";

/**
 * An object that differs from the desired state.
 * - `missing` and `changed`: an object of the program. The mesh has drifted, whatever traffic shows.
 * - `foreign`: an object that the program does not render.
 */
export interface Drift {
    readonly state: "missing" | "changed" | "foreign";
    /** Whether a foreign object can widen access, which no sample of requests can disprove. False for other states. */
    readonly widensAccess: boolean;
    readonly object: KubeObject;
    /** One sentence. */
    readonly text: string;
}

/** Whether it counts as a mismatch. A foreign object that can only deny is a warning. */
export function isMismatch({ state, widensAccess }: Drift): boolean {
    return state !== "foreign" || widensAccess;
}

/**
 * Compares the objects of all kinds that affect traffic, identity or rights.
 *
 * @param live objects in the program's namespaces, and cluster-scoped ones
 * @param releases the program's Helm releases: their webhooks are not foreign
 */
export function compare(
    program: readonly KubeObject[],
    live: readonly KubeObject[],
    releases: readonly HelmRelease[] = [],
): Drift[] {
    const desired = new Map(program.filter(isDeciding).map((object) => [keyOf(object), object]));
    const liveObjects = new Map(live.map((object) => [keyOf(object), object]));
    const drift: Drift[] = [];
    for (const [key, object] of desired) {
        const current = liveObjects.get(key);
        if (current === undefined) {
            const text = `${key} is missing: it ${describeObject(object)}`;
            drift.push({ state: "missing", widensAccess: false, object, text });
            continue;
        }
        const changes = changesOf(object, current);
        if (changes.length === 0) continue;
        const text = `${key} was changed: ${changes.join("; ")}`;
        drift.push({ state: "changed", widensAccess: false, object: current, text });
    }
    for (const [key, object] of liveObjects) {
        if (desired.has(key) || !isReportedWhenForeign(object, releases) || isFlaggerObject(object, program))
            continue;
        const widensAccess = canWidenAccess(object);
        const can = widensAccess ? "can widen access: it " : "";
        const text = `${key} is a foreign object${widensAccess ? " and " : ": it "}${can}${describeObject(object)}`;
        drift.push({ state: "foreign", widensAccess, object, text });
    }
    return drift.sort((a, b) => (keyOf(a.object) < keyOf(b.object) ? -1 : 1));
}

function changesOf(program: KubeObject, live: KubeObject): string[] {
    const { fields = [], match = "exact", absent = [] } = comparisonOf(program.kind) ?? {};
    const compared = fields.flatMap((field) =>
        differences(normalize(fieldOf(program, field)), normalize(fieldOf(live, field)), field, match),
    );
    const specOf = ({ spec }: KubeObject, field: string) =>
        (spec as Record<string, unknown> | undefined)?.[field];
    const added = absent
        .filter((field) => specOf(program, field) === undefined)
        .flatMap((field) => differences(undefined, specOf(live, field), `spec.${field}`, "exact"));
    return [
        ...differences(decidingMetadata(program), decidingMetadata(live), "metadata", "exact"),
        ...compared,
        ...added,
    ];
}

function fieldOf(object: KubeObject, field: string): unknown {
    return (object as unknown as Record<string, unknown>)[field];
}

/** A Helm release of the program. */
export interface HelmRelease {
    readonly name: string;
    readonly namespace: string;
}

/** Flagger and charts also create Services, and charts create webhooks. */
function isReportedWhenForeign(object: KubeObject, releases: readonly HelmRelease[]): boolean {
    const { kind } = object;
    if (comparisonOf(kind)?.foreign !== true) return false;
    if (kind === "Service") return canWidenAccess(object);
    if (kind !== "MutatingWebhookConfiguration") return true;
    return (
        canWidenAccess(object) && !isOfEks(object) && !releases.some((release) => belongsTo(object, release))
    );
}

/**
 * Whether a webhook belongs to a release. Also requires that it calls only the release's namespace, because annotations
 * are easily forged.
 */
function belongsTo(
    { metadata: { annotations = {} }, webhooks = [] }: KubeObject,
    release: HelmRelease,
): boolean {
    return (
        annotations["meta.helm.sh/release-name"] === release.name &&
        annotations["meta.helm.sh/release-namespace"] === release.namespace &&
        webhooks.every(
            ({ clientConfig }) =>
                clientConfig?.url === undefined && clientConfig?.service?.namespace === release.namespace,
        )
    );
}

/** Webhooks of EKS: they inject credentials and network interfaces, and run inside its control plane. */
const EKS_WEBHOOKS: readonly string[] = ["pod-identity-webhook", "vpc-resource-mutating-webhook"];

function isOfEks({ metadata, webhooks = [] }: KubeObject): boolean {
    return (
        EKS_WEBHOOKS.includes(metadata.name) &&
        webhooks.every(({ clientConfig }) => clientConfig?.url?.startsWith("https://127.0.0.1:") === true)
    );
}

/** Whether Flagger created the object for a Canary of the program. */
function isFlaggerObject(
    { kind: objectKind, metadata }: KubeObject,
    program: readonly KubeObject[],
): boolean {
    return (metadata.ownerReferences ?? []).some(({ kind, name }) =>
        program.some((object) => {
            const { service } = (object.spec ?? {}) as { service?: { name?: string } };
            const apex = service?.name ?? name;
            return (
                kind === CANARY.kind &&
                object.kind === kind &&
                object.metadata.name === name &&
                object.metadata.namespace === metadata.namespace &&
                (trafficObjectsOf(apex)[objectKind] ?? []).includes(metadata.name)
            );
        }),
    );
}

/** The API server drops empty lists of built-in kinds, and a missing spec equals an empty one. */
function normalize(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(normalize);
    if (!isRecord(value)) return value ?? {};
    const entries = Object.entries(value).filter(
        ([, inner]) => !(Array.isArray(inner) && inner.length === 0),
    );
    return Object.fromEntries(entries.map(([key, inner]) => [key, normalize(inner)]));
}

/** The differing paths, with both values. */
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
