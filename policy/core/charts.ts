/** Walks Helm values of any layout: each chart nests the same few Kubernetes fields at different paths. */
import { type Fields, fields, textAt } from "./read";
import { podsOf } from "./pods";
import { type Subject } from "./subject";
import { type StackResources } from "./stack-resources";

export interface ChartValue {
    /** `values.prometheus.service.type`. */
    readonly path: string;
    readonly key: string;
    readonly value: unknown;
    /** The object that contains the key. */
    readonly parent: Fields;
    /** The keys of the ancestors, outermost first. */
    readonly above: readonly string[];
}

/**
 * Every field of a release's values, at any depth.
 * @throws the first error of a field that cannot be read yet, after all other fields were yielded
 */
export function* valuesOf(release: Subject): Iterable<ChartValue> {
    const errors: unknown[] = [];
    yield* walk(release.props, "values", "values", [], errors);
    if (errors.length > 0) throw errors[0] as Error;
}

function* walk(
    parent: object,
    key: string,
    path: string,
    above: readonly string[],
    errors: unknown[],
): Iterable<ChartValue> {
    let value: unknown;
    try {
        value = (parent as Fields)[key];
    } catch (error) {
        errors.push(error);
        return;
    }
    if (above.length > 0) yield { path, key, value, parent: fields(parent), above };
    if (typeof value !== "object" || value === null) return;
    for (const inner of Object.keys(value)) {
        const place = Array.isArray(value) ? `${path}[${inner}]` : `${path}.${inner}`;
        yield* walk(value, inner, place, [...above, key], errors);
    }
}

/** The last part of a chart reference, without version or digest: `gateway` in `oci://…/charts/gateway@sha256:…`. */
export function chartName(release: Subject): string {
    return chartNameOf(textAt(release.props, "chart") ?? "");
}

/** The same for a chart reference of any installer. */
export function chartNameOf(reference: string): string {
    const chart = reference.replace(/@sha256:[0-9a-f]+$/, "").replace(/\/+$/, "");
    const last = chart.slice(chart.lastIndexOf("/") + 1);
    return last.replace(/(:[^:]*|-v?\d[\w.+-]*\.tgz|\.tgz)$/, "");
}

const ISTIO_CHARTS: ReadonlySet<string> = new Set([
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

/** Whether a release uses one of Istio's charts, or creates pods that a Gateway selects. */
export function isOfIstio(stack: StackResources, release: Subject): boolean {
    return ISTIO_CHARTS.has(chartName(release)) || isGateway(stack, release);
}

/** Whether the pods of a release are gateway proxies. */
export function isGateway(stack: StackResources, release: Subject): boolean {
    return (
        ["gateway", "istio-ingress", "istio-egress"].includes(chartName(release)) ||
        podsOf(release).some(({ labels }) => stack.gatewaysOf(labels).length > 0)
    );
}
