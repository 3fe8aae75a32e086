import type { Program } from "../../../local/engine/program/host";
import type { Planned, Registration } from "../../../local/engine/program/protocol";
import { type InventoryEntry, isRelease } from "../../../local/engine/ref";

/** The registration of `entry`. */
export function registrationOf({ apiVersion, kind, namespace, name, protect }: InventoryEntry): Registration {
    const place = { name, ...(namespace === undefined ? {} : { namespace }) };
    return isRelease({ apiVersion, kind, name })
        ? resource("kubernetes:helm.sh/v3:Release", name, protect, { ...place, chart: "/charts/x" })
        : resource(`kubernetes:${apiVersion}:${kind}`, name, protect, { apiVersion, kind, metadata: place });
}

/** A program that registers `entries` immediately, and `late` ones after it has loaded. */
export function fakeProgram(
    entries: readonly InventoryEntry[],
    late: (entry: InventoryEntry) => boolean = () => false,
): Program {
    return {
        load: () => Promise.resolve(entries.filter((entry) => !late(entry)).map(plannedOf)),
        run: async (register) => {
            await Promise.allSettled(entries.map((entry) => register(registrationOf(entry))));
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
    return { urn: `urn:pulumi:s::p::${type}::${name}`, type, name, custom: true, protect, inputs };
}
