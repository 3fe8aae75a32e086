/** What the objects of a stack's inventory contain, to compare the results of two deployments. */
import { isDeepStrictEqual } from "node:util";
import type { Deployment } from "./deployment";

interface LiveObject {
    readonly metadata: {
        readonly name: string;
        readonly namespace?: string;
        readonly labels?: Readonly<Record<string, string>>;
        readonly annotations?: Readonly<Record<string, string>>;
    };
    readonly [field: string]: unknown;
}

/** Annotations of controllers, and of the command that wrote an object. */
const ANNOTATIONS = /^(deployment\.kubernetes\.io|kubectl\.kubernetes\.io|meta\.helm\.sh)\//;

/** Objects by `Kind namespace/name`; of releases only that they exist. */
export type ClusterState = ReadonlyMap<string, unknown>;

export async function clusterState(node: Deployment, stack: string): Promise<ClusterState> {
    const map = JSON.parse(
        await node.kubectl([
            ...["get", "configmap", "--namespace", "kube-system", "sparc-mesh-inventory", "--output", "json"],
        ]),
    ) as { readonly data: Readonly<Record<string, string>> };
    const entries = (map.data[stack] ?? "")
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => line.split(" ") as [string, string, string, string]);
    const kinds = new Set(
        entries
            .filter(([apiVersion]) => apiVersion !== "helm")
            .map(
                ([apiVersion, kind]) =>
                    `${kind}.${apiVersion.includes("/") ? apiVersion.replace(/(.*)\/(.*)/, "$2.$1") : `${apiVersion}.`}`,
            ),
    );
    const live = new Map<string, unknown>();
    for (const kind of kinds) {
        const { items } = JSON.parse(
            await node.kubectl(["get", kind, "--all-namespaces", "--output", "json"]),
        ) as { readonly items: readonly LiveObject[] };
        const shortKind = kind.slice(0, kind.indexOf("."));
        for (const item of items) live.set(keyOf(shortKind, item.metadata), contentOf(item));
    }
    return new Map(
        entries.map(([apiVersion, kind, namespace, name]) => {
            const key = keyOf(kind, { name, ...(namespace === "-" ? {} : { namespace }) });
            return [key, apiVersion === "helm" ? "release" : live.get(key)];
        }),
    );
}

/** One line for each object that differs. */
export function differences(one: ClusterState, other: ClusterState): string[] {
    return [...new Set([...one.keys(), ...other.keys()])]
        .filter((key) => !isDeepStrictEqual(one.get(key), other.get(key)))
        .map((key) => `${key}: ${JSON.stringify(one.get(key))} → ${JSON.stringify(other.get(key))}`);
}

function keyOf(kind: string, { namespace, name }: { namespace?: string; name: string }): string {
    return `${kind} ${namespace ?? ""}/${name}`;
}

function contentOf({ metadata, ...rest }: LiveObject): unknown {
    const annotations = Object.entries(metadata.annotations ?? {}).filter(([key]) => !ANNOTATIONS.test(key));
    // The order of keys does not matter to isDeepStrictEqual.
    return {
        ...rest,
        status: undefined,
        labels: metadata.labels,
        annotations: Object.fromEntries(annotations),
    };
}
