import { ANYWHERE, type Flow, type Pods, tcp } from "../base/flow";
import { NAMESPACES } from "../base/names";
import type { Platform } from "../base/platform";
import {
    CERT_MANAGER,
    apiServer,
    toApiServer,
    toAwsApis,
    toDns,
    toPodIdentity,
} from "../shared/flows/parties";

/** The webhook's port. It is the kubelet's, which node firewalls allow anyway. */
const WEBHOOK_PORT = 10250;
/** The port of ACME servers and Route 53. */
const ACME_PORT = 443;

const namespace = NAMESPACES.certificates;

const WEBHOOK: Pods = {
    namespace,
    labels: { "app.kubernetes.io/component": "webhook" },
    policy: "webhook",
};
const ALL: Pods = { namespace, policy: "api-server" };
/** aws-privateca-issuer's pods, by the label in its chart. */
const PRIVATE_CA: Pods = {
    namespace,
    labels: { "app.kubernetes.io/name": "aws-privateca-issuer" },
    policy: "private-ca",
};

/** Connections of cert-manager and of aws-privateca-issuer. */
export function certManagerFlows({ config }: Platform): Flow[] {
    const { certificates, cluster } = config;
    const isAcme = certificates.issuer.from === "acme";
    return [
        // The API server calls webhooks from outside the pod network, so no selector matches it.
        { from: [apiServer(config)], to: [WEBHOOK], ports: tcp(WEBHOOK_PORT) },
        toDns(ALL),
        toApiServer(config, ALL),
        ...(isAcme
            ? [
                  // Let's Encrypt publishes no address ranges, and Route 53 has no VPC endpoint.
                  {
                      from: [{ ...CERT_MANAGER, policy: "acme" }],
                      to: [{ cidrs: [ANYWHERE] }],
                      ports: tcp(ACME_PORT),
                  },
              ]
            : []),
        ...(isAcme && cluster.from !== "kubeconfig"
            ? [toPodIdentity({ ...CERT_MANAGER, policy: "pod-identity" })]
            : []),
        // AWS Private CA and STS, at the VPC endpoints.
        ...(certificates.mesh.from === "aws-private-ca"
            ? [toAwsApis(config, PRIVATE_CA), toPodIdentity(PRIVATE_CA)]
            : []),
    ];
}
