/** What the cluster holds, against what the program renders. */
import { describeObject } from "./describe";
import { type KubeObject, isDeciding, keyOf } from "./objects";

/**
 * One object that is not as the program has it.
 * - `missing` and `changed`: the program's own. The mesh is not what the program says, whatever traffic shows.
 * - `foreign`: not the program's. It may have a reason, so that it is a warning as long as traffic agrees.
 */
export interface Drift {
    readonly state: "missing" | "changed" | "foreign";
    readonly object: KubeObject;
    /** One sentence, for people. */
    readonly text: string;
}

/** Compares the deciding kinds; `live` holds those of the program's namespaces. */
export function compare(program: readonly KubeObject[], live: readonly KubeObject[]): Drift[] {
    const own = new Map(
        program.filter(({ kind }) => isDeciding(kind)).map((object) => [keyOf(object), object]),
    );
    const found = new Map(live.map((object) => [keyOf(object), object]));
    const drift: Drift[] = [];
    for (const [key, object] of own) {
        const current = found.get(key);
        if (current === undefined) {
            drift.push({ state: "missing", object, text: `${key} is missing: it ${describeObject(object)}` });
            continue;
        }
        const changes = differences(normal(object.spec), normal(current.spec), "spec");
        if (changes.length > 0) {
            drift.push({
                state: "changed",
                object: current,
                text: `${key} was changed: ${changes.join("; ")}`,
            });
        }
    }
    for (const [key, object] of found) {
        if (own.has(key) || isRollouts(object, program)) continue;
        const text = `${key} is not the program's: it ${describeObject(object)}`;
        drift.push({ state: "foreign", object, text });
    }
    return drift.sort((a, b) => (keyOf(a.object) < keyOf(b.object) ? -1 : 1));
}

/** What Flagger makes of the kinds that decide about traffic. */
const FLAGGERS: readonly string[] = ["DestinationRule", "VirtualService"];

/** Whether Flagger made it for a rollout of the program's: its routes, and its rules for where they lead. */
function isRollouts({ kind: own, metadata }: KubeObject, program: readonly KubeObject[]): boolean {
    if (!FLAGGERS.includes(own)) return false;
    return (metadata.ownerReferences ?? []).some(({ kind, name }) =>
        program.some(
            (object) =>
                kind === "Canary" &&
                object.kind === kind &&
                object.metadata.name === name &&
                object.metadata.namespace === metadata.namespace,
        ),
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
function differences(program: unknown, live: unknown, path: string): string[] {
    if (isRecord(program) && isRecord(live)) {
        const keys = [...new Set([...Object.keys(program), ...Object.keys(live)])].sort();
        return keys.flatMap((key) => differences(program[key], live[key], `${path}.${key}`));
    }
    if (Array.isArray(program) && Array.isArray(live) && program.length === live.length) {
        return program.flatMap((item, index) => differences(item, live[index], `${path}[${index}]`));
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
