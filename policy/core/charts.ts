/** Charts' values, read whatever their shape: each chart nests the same few Kubernetes fields at places of its own. */
import { type Fields, fields, textAt } from "./read";
import { podsOf } from "./pods";
import { type Subject } from "./subject";
import { type World } from "./world";

export interface Value {
    /** `values.prometheus.service.type`. */
    readonly path: string;
    readonly key: string;
    readonly value: unknown;
    /** The object that has the key. */
    readonly parent: Fields;
    /** The keys above, outermost first. */
    readonly above: readonly string[];
}

/**
 * Every field of a release's values, however deep.
 *
 * @throws what could not be read yet, once all the others have been
 */
export function* valuesOf(release: Subject): Iterable<Value> {
    const doubts: unknown[] = [];
    yield* walk(release.props, "values", "values", [], doubts);
    if (doubts.length > 0) throw doubts[0] as Error;
}

function* walk(
    parent: object,
    key: string,
    path: string,
    above: readonly string[],
    doubts: unknown[],
): Iterable<Value> {
    let value: unknown;
    try {
        value = (parent as Fields)[key];
    } catch (error) {
        doubts.push(error);
        return;
    }
    if (above.length > 0) yield { path, key, value, parent: fields(parent), above };
    if (typeof value !== "object" || value === null) return;
    for (const inner of Object.keys(value)) {
        const place = Array.isArray(value) ? `${path}[${inner}]` : `${path}.${inner}`;
        yield* walk(value, inner, place, [...above, key], doubts);
    }
}

/** The last part of a chart's reference, without a version or a digest: `gateway` of `oci://…/charts/gateway@sha256:…`. */
export function chartName(release: Subject): string {
    const chart = (textAt(release.props, "chart") ?? "")
        .replace(/@sha256:[0-9a-f]+$/, "")
        .replace(/\/+$/, "");
    const last = chart.slice(chart.lastIndexOf("/") + 1);
    return last.replace(/(:[^:]*|-v?\d[\w.+-]*\.tgz|\.tgz)$/, "");
}

const ISTIOS: ReadonlySet<string> = new Set([
    "base",
    "cni",
    "gateway",
    "istio-control",
    "istio-discovery",
    "istio-egress",
    "istio-ingress",
    "istiod",
    "ztunnel",
]);

/** Whether a release is of one of Istio's own charts, or makes pods that a Gateway selects. */
export function isOfIstio(world: World, release: Subject): boolean {
    return ISTIOS.has(chartName(release)) || isGateway(world, release);
}

/** Whether a release's pods are a gateway's. */
export function isGateway(world: World, release: Subject): boolean {
    return (
        ["gateway", "istio-ingress", "istio-egress"].includes(chartName(release)) ||
        podsOf(release).some(({ labels }) => world.gatewaysOf(labels).length > 0)
    );
}
