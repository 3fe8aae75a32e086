/** Dashboards as kube-prometheus-stack's Grafana finds them: ConfigMaps of its namespace, by their label. */
import type { MeshConfig } from "../../../config/schema";
import { COMMON_LABELS } from "../../base/labels";
import type { ConfigMapManifest } from "../../base/manifest";
import { NAMESPACES } from "../../base/names";
import { boards } from "./boards";
import { grafana } from "./grafana";

/** What the chart's loader looks for, unless its values say otherwise. */
const FOUND_BY = { grafana_dashboard: "1" } as const;

export function dashboards(config: MeshConfig): ConfigMapManifest[] {
    return boards(config).map((board) => ({
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: {
            name: `dashboard-${board.uid}`,
            namespace: NAMESPACES.monitoring,
            labels: { ...COMMON_LABELS, ...FOUND_BY },
        },
        data: { [`${board.uid}.json`]: JSON.stringify(grafana(board)) },
    }));
}
