/**
 * Relabels a stock Envoy's statistics (`components/telemetry/stock-envoy.ts`) to Istio's series when Prometheus
 * scrapes them: the name, and from the peer's identity, the cluster's name and the endpoint's metadata the labels
 * that Istio's filter would have set. With that filter, nothing here matches.
 */
import { CLUSTER_DOMAIN, NO_PROBE } from "../base/names";
import { escapeRegex } from "../../catalogue/path-template";

/** An entry of `metric_relabel_configs`, or of `relabel_configs`. */
export interface Relabel {
    readonly source_labels?: readonly string[];
    readonly separator?: string;
    readonly regex?: string;
    readonly target_label?: string;
    readonly replacement?: string;
    readonly action?: "replace" | "keep" | "drop" | "labeldrop" | "labelmap";
}

const UNKNOWN = "unknown";
const SERVICE_DOMAIN = escapeRegex(`.svc.${CLUSTER_DOMAIN}`);

export const ISTIO_SERIES: readonly Relabel[] = [
    { source_labels: ["__name__"], regex: "envoy_(istio_.*)", target_label: "__name__", replacement: "$1" },

    // spiffe://cluster.local/ns/sparc/sa/auth: a service account has its workload's name.
    ...relabel("downstream_peer", "spiffe://[^/]+/ns/([^/]+)/sa/(.+)", {
        source_workload_namespace: "$1",
        source_workload: "$2",
    }),
    ...unknownAt("destination", ["source_workload", "source_workload_namespace"]),

    // alerts;sparc;alerts;v1;Kubernetes
    ...relabel("upstream_workload", "([^;]+);([^;]+);.*", {
        destination_workload: "$1",
        destination_workload_namespace: "$2",
    }),
    ...unknownAt("source", ["destination_workload", "destination_workload_namespace"]),

    // outbound|8080||alerts.sparc.svc.cluster.local; outbound|443||api.example.com; BlackHoleCluster
    ...relabel("upstream_cluster", "(?:outbound\\|.*\\|)?([^|]+)", { destination_service_name: "$1" }),
    ...relabel("upstream_cluster", `outbound\\|.*\\|([^.|]+)\\.([^.|]+)${SERVICE_DOMAIN}`, {
        destination_service_name: "$1",
        destination_service_namespace: "$2",
    }),
    ...unknownAt("source", ["destination_service_name", "destination_service_namespace"]),

    // The name of a service in the cluster includes the cluster's domain; any other is literal.
    ...relabel("destination_service_name", "(.+)", { destination_service: "$1" }),
    {
        source_labels: ["__name__", "destination_service_name", "destination_service_namespace"],
        regex: "istio_[^;]+;([^.;]+);([^;]+)",
        target_label: "destination_service",
        replacement: `$1.$2.svc.${CLUSTER_DOMAIN}`,
    },
    {
        source_labels: ["destination_service_namespace", "destination_service_name"],
        regex: `${UNKNOWN};(.+)`,
        target_label: "destination_service",
        replacement: "$1",
    },
    // The other two labels stay: only they distinguish Envoy's counters for two ports or versions of one service, and
    // Prometheus drops duplicate series.
    { regex: "downstream_peer", action: "labeldrop" },
];

/** Fills labels from the groups of `regex` in another. */
function relabel(label: string, regex: string, labels: Readonly<Record<string, string>>): Relabel[] {
    return Object.entries(labels).map(([target_label, replacement]) => ({
        source_labels: [label],
        regex,
        target_label,
        replacement,
    }));
}

/** As in Istio, a label that the reporter cannot know is `unknown`. */
function unknownAt(reporter: string, labels: readonly string[]): Relabel[] {
    return labels.map((label) => ({
        source_labels: ["reporter", label],
        regex: `${reporter};`,
        target_label: label,
        replacement: UNKNOWN,
    }));
}

/** The caller's series for hosts that the mesh does not know, which the sidecar blocks. */
export const TO_BLACK_HOLE = `reporter="source",destination_service_name="BlackHoleCluster",${NO_PROBE}`;
