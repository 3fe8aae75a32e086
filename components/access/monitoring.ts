/** Authorization of Grafana at Prometheus. */
import type { MeshConfig } from "../../config/schema";
import type { AuthorizationPolicyManifest } from "../base/manifest";
import { GRAFANA, NAMESPACES, PROMETHEUS_SERVICE, allowName, principal } from "../base/names";
import { allow } from "./allow";

const { name, namespace, port } = PROMETHEUS_SERVICE;

/** The query API. Paths that change or stop Prometheus are not below it. */
const QUERIES = ["/api/v1/*"];

/** Grafana can query Prometheus, and nothing else. */
export function prometheusPolicies(config: MeshConfig): AuthorizationPolicyManifest[] {
    if (config.observability.prometheus.from !== "chart") return [];
    const source = { principals: [principal(config, NAMESPACES.monitoring, GRAFANA)] };
    const operation = { ports: [String(port)], methods: ["GET", "POST"], paths: QUERIES };
    return [allow(allowName(name, GRAFANA), namespace, name, [{ from: [{ source }], to: [{ operation }] }])];
}
