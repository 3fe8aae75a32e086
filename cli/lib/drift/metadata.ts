/** Labels and annotations that affect traffic, identity or rights. */
import { SERVICE_LABEL } from "../../../components/base/labels";
import type { KubeObject } from "./objects";

/**
 * Istio's (`istio.io/rev`, `istio.io/dry-run`, `networking.istio.io/exportTo`, `sidecar.istio.io/inject`, …), pod
 * security, AWS roles, and the label that policies select.
 */
const DECIDING_KEYS = [
    /^(?:[a-z0-9.-]+\.)?istio\.io\//,
    /^istio-injection$/,
    /^pod-security\.kubernetes\.io\//,
    /^eks\.amazonaws\.com\//,
    new RegExp(`^${SERVICE_LABEL.replace(/[.]/g, "\\.")}$`),
];

type Values = Readonly<Record<string, string>>;

/** An object's labels and annotations of this kind. */
export function decidingMetadata({ metadata }: KubeObject): { labels: Values; annotations: Values } {
    return { labels: deciding(metadata.labels), annotations: deciding(metadata.annotations) };
}

function deciding(values: Values = {}): Values {
    return Object.fromEntries(
        Object.entries(values).filter(([key]) => DECIDING_KEYS.some((pattern) => pattern.test(key))),
    );
}
