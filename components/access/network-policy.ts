import { edges, exposures, reachableHosts, storeEdges } from "../../catalogue/query";
import type { MeshConfig } from "../../config/schema";
import { clusterNetworks } from "../base/cluster-networks";
import { collectorOf } from "../base/collector";
import { resolvesToEndpoint } from "../base/endpoints";
import { COUNTERS, LIMITER, limitedByPlan } from "../base/limiter";
import { serviceSelector } from "../base/labels";
import type { NetworkPolicyManifest } from "../base/manifest";
import {
    EGRESS_GATEWAY,
    INGRESS_GATEWAYS,
    GATEWAY_KEYS,
    GATEWAY_PORTS,
    GATEWAY_STATUS_PORT,
    HEALTH_PORT,
    MESHED_NAMESPACES,
    NAMESPACES,
    PROMETHEUS_LABELS,
    PROMETHEUS_SERVICE,
} from "../base/names";
import type { Platform } from "../base/platform";
import { podIdentityClients } from "../base/pod-identity";
import { privateNetworkOf } from "../base/private-networks";
import { FLAGGER, GATES, LOAD_TESTER, loadedRollouts, receiverOf } from "../base/rollouts";
import { DENY_ALL } from "./authorization";
import { CERT_MANAGER_METRICS, CERT_MANAGER_POD, certManagerPolicies } from "./cert-manager";
import { senders } from "./collector";
import { deliveryNetworkPolicies } from "./delivery";
import { gatewayIngress } from "./load-balancers";
import { PROMETHEUS_POD, monitoringPolicies } from "./monitoring";
import {
    ANYWHERE,
    DNS,
    type EgressRule,
    type IngressRule,
    type Peer,
    namespacePeer,
    podsIn,
    fromNetworks,
    policy,
    tcp,
    toApiServer,
    toNetworks,
    toPodIdentity,
    workloadPeer,
} from "./network-policy-rules";

/** The metrics port of istio-cni's node agent. */
const CNI_METRICS = 15014;
const CNI_LABELS = { "k8s-app": "istio-cni-node" };
/** The ports of istiod: xDS and certificates, its webhooks, and its metrics. */
const ISTIOD = { xds: 15012, webhooks: 15017, metrics: 15014 } as const;
/** The port for the merged metrics of a sidecar and its application. */
const MERGED_METRICS = 15020;
/** The port of identity providers' key sets, to which `edge.issuers[].jwksUri` is restricted. */
const JWKS_PORT = 443;
/** The kubelet's port, which serves container metrics. */
const KUBELET = 10250;

const CNI_POD: Peer = podsIn(NAMESPACES.system, CNI_LABELS);
const ISTIOD_POD: Peer = podsIn(NAMESPACES.system, { app: "istiod" });

/**
 * The same edges as NetworkPolicies: a pod without a sidecar, or with a broken one, still reaches nothing that the
 * catalogue does not declare.
 */
export function networkPolicies(platform: Platform): NetworkPolicyManifest[] {
    return [
        ...[NAMESPACES.system, NAMESPACES.certificates, ...MESHED_NAMESPACES].map(denyAll),
        ...MESHED_NAMESPACES.map(meshBasics),
        ...[
            NAMESPACES.services,
            NAMESPACES.stores,
            NAMESPACES.ingress,
            NAMESPACES.egress,
            NAMESPACES.delivery,
        ].map(metricsIngress),
        istiod(platform.config),
        ...(platform.config.istio.cni ? [cni(platform.config)] : []),
        ...certManagerPolicies(platform.config, PROMETHEUS_POD),
        prometheus(platform.config),
        ...monitoringPolicies(platform.config),
        ...workloadPolicies(platform),
        ...deliveryNetworkPolicies(platform),
    ];
}

function denyAll(namespace: string): NetworkPolicyManifest {
    return policy(DENY_ALL, namespace, { podSelector: {}, policyTypes: ["Ingress", "Egress"] });
}

/** What every meshed pod needs: DNS and the control plane. */
function meshBasics(namespace: string): NetworkPolicyManifest {
    return policy("mesh-basics", namespace, {
        podSelector: {},
        policyTypes: ["Egress"],
        egress: [DNS, { to: [ISTIOD_POD], ports: tcp(ISTIOD.xds) }],
    });
}

function metricsIngress(namespace: string): NetworkPolicyManifest {
    return policy("metrics-from-prometheus", namespace, {
        podSelector: {},
        policyTypes: ["Ingress"],
        ingress: [{ from: [PROMETHEUS_POD], ports: tcp(MERGED_METRICS, HEALTH_PORT.number) }],
    });
}

function prometheus(config: MeshConfig): NetworkPolicyManifest {
    return policy("prometheus", NAMESPACES.monitoring, {
        podSelector: { matchLabels: PROMETHEUS_LABELS },
        policyTypes: ["Egress"],
        egress: [
            { to: MESHED_NAMESPACES.map(namespacePeer), ports: tcp(MERGED_METRICS, HEALTH_PORT.number) },
            { to: [ISTIOD_POD, CNI_POD], ports: tcp(ISTIOD.metrics) },
            { to: [CERT_MANAGER_POD], ports: tcp(CERT_MANAGER_METRICS) },
            // Service discovery from the API server; container metrics from the kubelets.
            ...toApiServer(config),
            ...toNetworks(clusterNetworks(config).nodes, KUBELET),
        ],
    });
}

function istiod(config: MeshConfig): NetworkPolicyManifest {
    return policy("istiod", NAMESPACES.system, {
        podSelector: { matchLabels: { app: "istiod" } },
        policyTypes: ["Ingress", "Egress"],
        ingress: [
            { from: MESHED_NAMESPACES.map(namespacePeer), ports: tcp(ISTIOD.xds) },
            // The API server calls webhooks from outside the pod network, so no selector matches it.
            ...fromNetworks(clusterNetworks(config).apiServer, ISTIOD.webhooks),
            { from: [PROMETHEUS_POD], ports: tcp(ISTIOD.metrics) },
        ],
        egress: [DNS, ...toApiServer(config), ...toNetworks(jwksCidrs(config), JWKS_PORT)],
    });
}

/** The CIDR blocks from which istiod fetches the issuers' key sets. */
function jwksCidrs({ edge }: MeshConfig): readonly string[] {
    return edge.issuers.some(({ jwksUri }) => jwksUri !== undefined) ? edge.jwksCidrs : [];
}

/** The node agent queries the API server about each pod whose traffic it redirects: without that no pod starts. */
function cni(config: MeshConfig): NetworkPolicyManifest {
    return policy("istio-cni", NAMESPACES.system, {
        podSelector: { matchLabels: CNI_LABELS },
        policyTypes: ["Ingress", "Egress"],
        ingress: [{ from: [PROMETHEUS_POD], ports: tcp(CNI_METRICS) }],
        egress: [DNS, ...toApiServer(config)],
    });
}

/** One policy per workload: ingress from its callers, egress to its callees. */
function workloadPolicies(platform: Platform): NetworkPolicyManifest[] {
    const { catalogue, config } = platform;
    const rules = new RuleTable();
    for (const name of Object.keys(catalogue.services)) rules.of(NAMESPACES.services, name);
    for (const name of Object.keys(catalogue.stores)) rules.of(NAMESPACES.stores, name);
    for (const { caller, callee, port } of edges(catalogue)) {
        rules.open([NAMESPACES.services, caller], [NAMESPACES.services, callee], port.number);
    }
    for (const { caller, store, port } of storeEdges(catalogue)) {
        rules.open([NAMESPACES.services, caller], [NAMESPACES.stores, store], port.number);
    }
    for (const { service, exposure, port } of exposures(catalogue)) {
        const gateway = INGRESS_GATEWAYS[exposure.gateway];
        rules.open([NAMESPACES.ingress, gateway], [NAMESPACES.services, service], port.number);
    }
    for (const { host, group, callers } of reachableHosts(catalogue)) {
        for (const caller of callers) {
            rules.open([NAMESPACES.services, caller], [NAMESPACES.egress, EGRESS_GATEWAY], host.port);
        }
        const network = privateNetworkOf(group, config);
        if (network !== undefined) {
            for (const rule of toNetworks(network, host.port))
                addOnce(rules.of(NAMESPACES.egress, EGRESS_GATEWAY).egress, rule);
            continue;
        }
        // The only workload that leaves the cluster. NetworkPolicies cannot match names; the mesh matches hosts.
        addOnce(rules.of(NAMESPACES.egress, EGRESS_GATEWAY).egress, {
            to: [{ ipBlock: { cidr: ANYWHERE, except: [...config.egress.excludedCidrs] } }],
            ports: tcp(host.port),
        });
        // The rule above excludes private ranges, but a VPC endpoint has a private address.
        if (resolvesToEndpoint(host.host, config))
            for (const rule of toNetworks(clusterNetworks(config).endpoints, host.port))
                addOnce(rules.of(NAMESPACES.egress, EGRESS_GATEWAY).egress, rule);
    }
    for (const client of podIdentityClients(catalogue)) {
        addOnce(rules.of(NAMESPACES.services, client).egress, toPodIdentity());
    }
    if (limitedByPlan(platform).length > 0) {
        const limiter = [LIMITER.namespace, LIMITER.name] as const;
        rules.open([NAMESPACES.ingress, INGRESS_GATEWAYS.public], limiter, LIMITER.grpc);
        rules.open(limiter, [COUNTERS.namespace, COUNTERS.name], COUNTERS.port);
    }
    const collector = collectorOf(config);
    if (collector !== undefined) {
        for (const sender of senders(catalogue)) {
            rules.open(sender, [collector.namespace, collector.name], collector.port);
        }
    }
    if (config.delivery.enabled) {
        const flagger = [NAMESPACES.delivery, FLAGGER.name] as const;
        rules.open(flagger, [NAMESPACES.delivery, GATES.name], GATES.targetPort);
        rules
            .of(...flagger)
            .egress.push(
                { to: [PROMETHEUS_POD], ports: tcp(PROMETHEUS_SERVICE.port) },
                ...toApiServer(config),
            );
        for (const { service, port } of loadedRollouts(platform)) {
            rules.open(flagger, [NAMESPACES.delivery, LOAD_TESTER.name], LOAD_TESTER.targetPort);
            rules.open([NAMESPACES.delivery, LOAD_TESTER.name], [NAMESPACES.services, service], port.number);
        }
        const receiver = receiverOf(platform);
        if (receiver !== undefined)
            rules.open(flagger, [NAMESPACES.services, receiver.service], receiver.port);
    }
    for (const key of GATEWAY_KEYS) {
        const gatewayEdges = exposures(catalogue).filter(({ exposure }) => exposure.gateway === key);
        const listening = new Set(gatewayEdges.flatMap(({ exposure }) => exposure.listen ?? []));
        const ports = [
            GATEWAY_PORTS.http,
            GATEWAY_PORTS.https,
            GATEWAY_STATUS_PORT,
            ...[...listening].sort(),
        ];
        rules
            .of(NAMESPACES.ingress, INGRESS_GATEWAYS[key])
            .ingress.push(...gatewayIngress(key, ports, config));
    }
    return rules.policies();
}

type WorkloadId = readonly [namespace: string, name: string];

class RuleTable {
    private readonly entries = new Map<
        string,
        { id: WorkloadId; ingress: IngressRule[]; egress: EgressRule[] }
    >();

    of(namespace: string, name: string): { ingress: IngressRule[]; egress: EgressRule[] } {
        const key = `${namespace}/${name}`;
        const entry = this.entries.get(key) ?? { id: [namespace, name], ingress: [], egress: [] };
        this.entries.set(key, entry);
        return entry;
    }

    /** Allows `caller` to reach `port` of `callee`, on both sides, without duplicates. */
    open(caller: WorkloadId, callee: WorkloadId, port: number): void {
        addOnce(this.of(...callee).ingress, { from: [workloadPeer(...caller)], ports: tcp(port) });
        addOnce(this.of(...caller).egress, { to: [workloadPeer(...callee)], ports: tcp(port) });
    }

    policies(): NetworkPolicyManifest[] {
        return [...this.entries.values()].map(({ id: [namespace, name], ingress, egress }) =>
            policy(name, namespace, {
                podSelector: serviceSelector(name),
                policyTypes: ["Ingress", "Egress"],
                // The API server drops an empty list, which would show up as a permanent difference.
                ...(ingress.length > 0 ? { ingress } : {}),
                ...(egress.length > 0 ? { egress } : {}),
            }),
        );
    }
}

/** Several calls of one caller can share a port. */
function addOnce<Rule>(rules: Rule[], rule: Rule): void {
    const text = JSON.stringify(rule);
    if (!rules.some((other) => JSON.stringify(other) === text)) rules.push(rule);
}
