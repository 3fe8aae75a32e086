/** Dashboards as ConfigMaps, which kube-prometheus-stack's Grafana finds by their label. */
import type { MeshConfig } from "../../../config/schema";
import { COMMON_LABELS } from "../../base/labels";
import type { ConfigMapManifest } from "../../base/manifest";
import { NAMESPACES } from "../../base/names";
import { boards } from "./boards";
import { grafana } from "./grafana";

/** The label that the chart's sidecar looks for by default. */
const DASHBOARD_LABEL = { grafana_dashboard: "1" } as const;

export function dashboards(config: MeshConfig): ConfigMapManifest[] {
    return boards(config).map((board) => ({
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: {
            name: `dashboard-${board.uid}`,
            namespace: NAMESPACES.monitoring,
            labels: { ...COMMON_LABELS, ...DASHBOARD_LABEL },
        },
        data: { [`${board.uid}.json`]: JSON.stringify(grafana(board)) },
    }));
}
