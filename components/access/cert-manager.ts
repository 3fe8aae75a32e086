/** NetworkPolicies of cert-manager and of aws-privateca-issuer. */
import type { MeshConfig } from "../../config/schema";
import type { NetworkPolicyManifest } from "../base/manifest";
import { clusterNetworks } from "../base/cluster-networks";
import { NAMESPACES } from "../base/names";
import {
    ANYWHERE,
    DNS,
    type Peer,
    fromNetworks,
    podsIn,
    policy,
    tcp,
    toApiServer,
    toPodIdentity,
    toNetworks,
} from "./network-policy-rules";

/** The webhook's port. It is the kubelet's, which node firewalls allow anyway. */
const WEBHOOK = 10250;
export const CERT_MANAGER_METRICS = 9402;
/** The port of ACME servers and Route 53. */
const ACME = 443;
/** The port of AWS APIs at the VPC endpoints. */
const AWS = 443;
const CONTROLLER = { "app.kubernetes.io/component": "controller" };
/** The pods' label in aws-privateca-issuer's chart. */
const PRIVATE_CA = { "app.kubernetes.io/name": "aws-privateca-issuer" };
export const CERT_MANAGER_POD: Peer = podsIn(NAMESPACES.certificates, CONTROLLER);

export function certManagerPolicies(config: MeshConfig, prometheus: Peer): NetworkPolicyManifest[] {
    const { certificates, cluster } = config;
    const namespace = NAMESPACES.certificates;
    const callsAws = certificates.issuer.from === "acme" && cluster.from !== "kubeconfig";
    const { endpoints } = clusterNetworks(config);
    return [
        policy("webhook", namespace, {
            podSelector: { matchLabels: { "app.kubernetes.io/component": "webhook" } },
            policyTypes: ["Ingress"],
            // The API server calls webhooks from outside the pod network, so no selector matches it.
            ingress: fromNetworks(clusterNetworks(config).apiServer, WEBHOOK),
        }),
        policy("api-server", namespace, {
            podSelector: {},
            policyTypes: ["Egress"],
            egress: [DNS, ...toApiServer(config)],
        }),
        policy("metrics-from-prometheus", namespace, {
            podSelector: { matchLabels: CONTROLLER },
            policyTypes: ["Ingress"],
            ingress: [{ from: [prometheus], ports: tcp(CERT_MANAGER_METRICS) }],
        }),
        ...(certificates.issuer.from === "acme"
            ? [
                  // Let's Encrypt publishes no address ranges, and Route 53 has no VPC endpoint.
                  policy("acme", namespace, {
                      podSelector: { matchLabels: CONTROLLER },
                      policyTypes: ["Egress"],
                      egress: toNetworks([ANYWHERE], ACME),
                  }),
              ]
            : []),
        ...(callsAws
            ? [
                  policy("pod-identity", namespace, {
                      podSelector: { matchLabels: CONTROLLER },
                      policyTypes: ["Egress"],
                      egress: [toPodIdentity()],
                  }),
              ]
            : []),
        ...(certificates.mesh.from === "aws-private-ca"
            ? [
                  // AWS Private CA and STS, at the VPC endpoints.
                  policy("private-ca", namespace, {
                      podSelector: { matchLabels: PRIVATE_CA },
                      policyTypes: ["Egress"],
                      egress: [...toNetworks(endpoints, AWS), toPodIdentity()],
                  }),
              ]
            : []),
    ];
}
