/**
 * Turns what a stock Envoy counts (`components/telemetry/stock-envoy.ts`) into Istio's series, as Prometheus reads them: their
 * name, and out of the peer's identity, the cluster's name and the endpoint's description the labels that Istio's own
 * filter would have written. Where that filter is there, nothing of this matches.
 */
import { CLUSTER_DOMAIN, NO_PROBE } from "../base/names";
import { escapeRegex } from "../../catalogue/path-template";

/** A step of `metric_relabel_configs`, or of `relabel_configs`. */
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

    // spiffe://cluster.local/ns/sparc/sa/auth: an account has its workload's name.
    ...taken("downstream_peer", "spiffe://[^/]+/ns/([^/]+)/sa/(.+)", {
        source_workload_namespace: "$1",
        source_workload: "$2",
    }),
    ...unknownAt("destination", ["source_workload", "source_workload_namespace"]),

    // alerts;sparc;alerts;v1;Kubernetes
    ...taken("upstream_workload", "([^;]+);([^;]+);.*", {
        destination_workload: "$1",
        destination_workload_namespace: "$2",
    }),
    ...unknownAt("source", ["destination_workload", "destination_workload_namespace"]),

    // outbound|8080||alerts.sparc.svc.cluster.local; outbound|443||api.example.com; BlackHoleCluster
    ...taken("upstream_cluster", "(?:outbound\\|.*\\|)?([^|]+)", { destination_service_name: "$1" }),
    ...taken("upstream_cluster", `outbound\\|.*\\|([^.|]+)\\.([^.|]+)${SERVICE_DOMAIN}`, {
        destination_service_name: "$1",
        destination_service_namespace: "$2",
    }),
    ...unknownAt("source", ["destination_service_name", "destination_service_namespace"]),

    // A service of the cluster by its name there, anything else by its own.
    ...taken("destination_service_name", "(.+)", { destination_service: "$1" }),
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
    // The other two stay: of two ports or versions of one service they alone tell Envoy's counters apart, and Prometheus
    // keeps but one of two series whose labels are the same.
    { regex: "downstream_peer", action: "labeldrop" },
];

/** Fills labels from what `regex` finds in another. */
function taken(label: string, regex: string, labels: Readonly<Record<string, string>>): Relabel[] {
    return Object.entries(labels).map(([target_label, replacement]) => ({
        source_labels: [label],
        regex,
        target_label,
        replacement,
    }));
}

/** What a reporter could not tell is `unknown`, as Istio has it. */
function unknownAt(reporter: string, labels: readonly string[]): Relabel[] {
    return labels.map((label) => ({
        source_labels: ["reporter", label],
        regex: `${reporter};`,
        target_label: label,
        replacement: UNKNOWN,
    }));
}

/** Of callers' series: who asked for a host that the mesh does not know. */
export const TO_NOWHERE = `reporter="source",destination_service_name="BlackHoleCluster",${NO_PROBE}`;
