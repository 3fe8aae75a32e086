/** Labels and annotations that decide about traffic, identity or rights. */
import { SERVICE_LABEL } from "../../../components/base/labels";
import type { KubeObject } from "./objects";

/**
 * Istio's (`istio.io/rev`, `istio.io/dry-run`, `networking.istio.io/exportTo`, `sidecar.istio.io/inject`, …), pod security, roles of AWS,
 * and the label by which policies select.
 */
const DECIDES = [
    /^(?:[a-z0-9.-]+\.)?istio\.io\//,
    /^istio-injection$/,
    /^pod-security\.kubernetes\.io\//,
    /^eks\.amazonaws\.com\//,
    new RegExp(`^${SERVICE_LABEL.replace(/[.]/g, "\\.")}$`),
];

type Values = Readonly<Record<string, string>>;

/** What decides of an object's labels and annotations. */
export function decidingMetadata({ metadata }: KubeObject): { labels: Values; annotations: Values } {
    return { labels: deciding(metadata.labels), annotations: deciding(metadata.annotations) };
}

function deciding(values: Values = {}): Values {
    return Object.fromEntries(
        Object.entries(values).filter(([key]) => DECIDES.some((pattern) => pattern.test(key))),
    );
}
