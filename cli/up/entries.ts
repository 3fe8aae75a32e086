import type { RunningNode } from "../../local";

type Entries = Record<string, unknown>;

/** The stack's configuration for the embedded node: with what only this machine knows. */
export function onEmbeddedNode(
    entries: Entries,
    charts: string,
    { images }: Pick<RunningNode, "images">,
): Entries {
    return {
        ...entries,
        istio: {
            ...section(entries, "istio"),
            charts: { from: "folder", path: charts },
            hub: images.istio.hub,
            tag: images.istio.tag,
        },
        workloads: { ...section(entries, "workloads"), image: images.standin },
    };
}

/**
 * The stack's configuration for a cluster that can pull Istio's own images: its release and its Envoy, whose filters
 * are complete and which brings the CAs of the real world outside.
 */
export function onOtherCluster(entries: Entries, standInImage: string): Entries {
    const own = Object.entries(section(entries, "istio")).filter(
        ([key]) => !["charts", "hub", "tag", "stockEnvoy"].includes(key),
    );
    return {
        ...entries,
        istio: Object.fromEntries(own),
        egress: Object.fromEntries(
            Object.entries(section(entries, "egress")).filter(([key]) => key !== "authority"),
        ),
        workloads: { ...section(entries, "workloads"), image: standInImage },
    };
}

function section(entries: Entries, key: string): Entries {
    const value = entries[key];
    return typeof value === "object" && value !== null ? (value as Entries) : {};
}
