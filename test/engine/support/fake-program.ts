import type { Program } from "../../../local/engine/program/host";
import type { Planned, Registration } from "../../../local/engine/program/protocol";
import { type InventoryEntry, isRelease, keyOf } from "../../../local/engine/ref";

/** The registration of `entry`; its dependencies are those of `dependsOn` that are among `entries`. */
export function registrationOf(entry: InventoryEntry, entries: readonly InventoryEntry[] = []): Registration {
    const needed = entries.filter((other) => entry.dependsOn?.includes(keyOf(other)));
    return { ...bare(entry), dependencies: needed.map((other) => bare(other).urn) };
}

function bare({ apiVersion, kind, namespace, name, protect }: InventoryEntry): Registration {
    const place = { name, ...(namespace === undefined ? {} : { namespace }) };
    return isRelease({ apiVersion, kind, name })
        ? resource("kubernetes:helm.sh/v3:Release", name, protect, { ...place, chart: "/charts/x" })
        : resource(`kubernetes:${apiVersion}:${kind}`, name, protect, { apiVersion, kind, metadata: place });
}

/** A program that registers `entries`, which follow those that they depend on, immediately, and `late` ones after it has loaded. */
export function fakeProgram(
    entries: readonly InventoryEntry[],
    late: (entry: InventoryEntry) => boolean = () => false,
): Program {
    return {
        load: () => Promise.resolve(entries.filter((entry) => !late(entry)).map(plannedOf)),
        run: async (register) => {
            await Promise.allSettled(entries.map((entry) => register(registrationOf(entry, entries))));
        },
        stop: () => undefined,
    };
}

function plannedOf(entry: InventoryEntry): Planned {
    const { type, protect, inputs } = registrationOf(entry);
    const { apiVersion, kind, namespace, name } = entry;
    return {
        type,
        protect,
        ...("apiVersion" in inputs ? { apiVersion, kind } : {}),
        ...(namespace === undefined ? {} : { namespace }),
        name,
    };
}

function resource(
    type: string,
    name: string,
    protect: boolean,
    inputs: Record<string, unknown>,
): Registration {
    const urn = urnOf(type, inputs);
    return { urn, type, name, custom: true, protect, inputs, dependencies: [] };
}

/** A URN that is unique among the objects and releases of a program. */
function urnOf(type: string, inputs: Record<string, unknown>): string {
    const { metadata = inputs } = inputs as { metadata?: { namespace?: string; name?: string } };
    const { namespace, name } = metadata as { namespace?: string; name?: string };
    return `urn:pulumi:test::test::${type}::${[namespace, name].filter((part) => part !== undefined).join("/")}`;
}
