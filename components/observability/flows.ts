import type { MeshConfig } from "../../config/schema";
import { clusterNetworks } from "../shared/addresses/cluster-networks";
import { type Flow, type Pods, tcp, workload } from "../base/flow";
import {
    GRAFANA,
    HEALTH_PORT,
    MESHED_NAMESPACES,
    NAMESPACES,
    PROMETHEUS_OPERATOR,
    PROMETHEUS_SERVICE,
    allowName,
} from "../base/names";
import type { Platform } from "../base/platform";
import {
    CERT_MANAGER,
    ISTIOD,
    ISTIOD_PORTS,
    PROMETHEUS,
    cniAgent,
    toApiServer,
} from "../shared/flows/parties";
import { MERGED } from "./scrape";

const CERT_MANAGER_METRICS = 9402;
/** The kubelet's port, which serves container metrics. */
const KUBELET = 10250;

const SCRAPER: Pods = { ...PROMETHEUS, policy: PROMETHEUS_SERVICE.name };
/** The policy that lets Prometheus scrape pods. */
const SCRAPED = "metrics-from-prometheus";

export function observabilityFlows({ config }: Platform): Flow[] {
    return [...scrapes(config), ...(hasChart(config) ? chartFlows(config) : [])];
}

/** What Prometheus scrapes; and service discovery from the API server. */
function scrapes(config: MeshConfig): Flow[] {
    return [
        {
            from: [SCRAPER],
            // Prometheus scrapes itself without the network.
            to: MESHED_NAMESPACES.map((namespace) =>
                namespace === NAMESPACES.monitoring ? { namespace } : { namespace, policy: SCRAPED },
            ),
            ports: tcp(MERGED.port, HEALTH_PORT.number),
        },
        { from: [SCRAPER], to: [ISTIOD, cniAgent(config)], ports: tcp(ISTIOD_PORTS.metrics) },
        {
            from: [SCRAPER],
            to: [{ ...CERT_MANAGER, policy: SCRAPED }],
            ports: tcp(CERT_MANAGER_METRICS),
        },
        toApiServer(config, SCRAPER),
        { from: [SCRAPER], to: [{ cidrs: clusterNetworks(config).nodes }], ports: tcp(KUBELET) },
    ];
}

function hasChart({ observability }: MeshConfig): boolean {
    return observability.prometheus.from === "chart";
}

/** Grafana queries Prometheus. Grafana and the operator read their objects from the API server. */
function chartFlows(config: MeshConfig): Flow[] {
    const { name, namespace, port } = PROMETHEUS_SERVICE;
    const grafana = workload(namespace, GRAFANA);
    return [
        {
            from: [grafana],
            to: [{ ...PROMETHEUS, policy: allowName(name, GRAFANA) }],
            ports: tcp(port),
        },
        toApiServer(config, grafana, workload(namespace, PROMETHEUS_OPERATOR)),
    ];
}
