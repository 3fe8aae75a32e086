import type { Program } from "../../../local/engine/program/host";
import type { Planned, Registration } from "../../../local/engine/program/protocol";
import { type Entry, isRelease } from "../../../local/engine/ref";

/** The registration that asks for `entry`. */
export function registrationOf({ apiVersion, kind, namespace, name, protect }: Entry): Registration {
    const place = { name, ...(namespace === undefined ? {} : { namespace }) };
    return isRelease({ apiVersion, kind, name })
        ? resource("kubernetes:helm.sh/v3:Release", name, protect, { ...place, chart: "/charts/x" })
        : resource(`kubernetes:${apiVersion}:${kind}`, name, protect, { apiVersion, kind, metadata: place });
}

/** A program that registers each of `entries` at once; `late` ones are not known when it has loaded. */
export function fakeProgram(
    entries: readonly Entry[],
    late: (entry: Entry) => boolean = () => false,
): Program {
    return {
        load: () => Promise.resolve(entries.filter((entry) => !late(entry)).map(plannedOf)),
        run: async (register) => {
            await Promise.allSettled(entries.map((entry) => register(registrationOf(entry))));
        },
        stop: () => undefined,
    };
}

function plannedOf(entry: Entry): Planned {
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
    return { type, name, custom: true, protect, inputs };
}
