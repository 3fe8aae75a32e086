/** What cert-manager's pods may be asked, and whom they ask. */
import type { MeshConfig } from "../../config/schema";
import type { NetworkPolicyManifest } from "../base/manifest";
import { NAMESPACES } from "../base/names";
import { API_SERVER, DNS, type Peer, podsIn, policy, tcp } from "./network-rules";

/** Where its webhook serves the API server: a kubelet's port, which node firewalls open to it anyway. */
const WEBHOOK = 10250;
export const CERT_MANAGER_METRICS = 9402;
const CONTROLLER = { "app.kubernetes.io/component": "controller" };
export const CERT_MANAGER_POD: Peer = podsIn(NAMESPACES.certificates, CONTROLLER);

/** Where a node of EKS gives its pods the credentials of their pod identity. */
const POD_IDENTITY = { cidr: "169.254.170.23/32", port: 80 } as const;

export function certManagerPolicies(
    { certificates, cluster }: MeshConfig,
    prometheus: Peer,
): NetworkPolicyManifest[] {
    const namespace = NAMESPACES.certificates;
    const callsAws = certificates.issuer.from === "acme" && cluster.from !== "kubeconfig";
    return [
        policy("webhook", namespace, {
            podSelector: { matchLabels: { "app.kubernetes.io/component": "webhook" } },
            policyTypes: ["Ingress"],
            // The API server calls webhooks from outside the pod network: no selector can name it.
            ingress: [{ ports: tcp(WEBHOOK) }],
        }),
        policy("api-server", namespace, {
            podSelector: {},
            policyTypes: ["Egress"],
            // An ACME server, and AWS, are on the same port.
            egress: [DNS, { ports: tcp(...API_SERVER) }],
        }),
        policy("metrics-from-prometheus", namespace, {
            podSelector: { matchLabels: CONTROLLER },
            policyTypes: ["Ingress"],
            ingress: [{ from: [prometheus], ports: tcp(CERT_MANAGER_METRICS) }],
        }),
        ...(callsAws
            ? [
                  policy("pod-identity", namespace, {
                      podSelector: { matchLabels: CONTROLLER },
                      policyTypes: ["Egress"],
                      egress: [
                          { to: [{ ipBlock: { cidr: POD_IDENTITY.cidr } }], ports: tcp(POD_IDENTITY.port) },
                      ],
                  }),
              ]
            : []),
    ];
}
