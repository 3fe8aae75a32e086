/**
 * Insecure environment variables of istiod, from their registrations in its source at 1.31:
 * pilot/pkg/features, pilot/pkg/bootstrap and pkg/security. In the profile `closed` every variable must be
 * listed instead.
 */
import { durationSeconds } from "../../core/go";
import { isFalse, isTrue } from "../../core/insecure-settings";

export interface DangerousVariable {
    readonly isOpen: (value: string) => boolean;
    /** Completes "<variable> is <value>, so …". */
    readonly effect: string;
}

const isSet = (value: string): boolean => value.trim() !== "";

/** Istio's default maximum, 90 days. */
const MAX_CERTIFICATE_SECONDS = 90 * 24 * 3600;

const isTooLong = (value: string): boolean => (durationSeconds(value) ?? Infinity) > MAX_CERTIFICATE_SECONDS;

const LONG_LIVED = "a stolen identity is valid for more than 90 days";
const OTHER_SIGNER = "a Kubernetes signer issues identities instead of the mesh's CA";
const IGNORED = "policies in other namespaces are ignored";

export const DANGEROUS_VARIABLES: Readonly<Record<string, DangerousVariable>> = {
    CA_TRUSTED_NODE_ACCOUNTS: {
        isOpen: isSet,
        effect: "those service accounts get certificates of every identity on their node",
    },
    CERT_SIGNER_DOMAIN: { isOpen: isSet, effect: OTHER_SIGNER },
    DEBUG_ENDPOINT_AUTH_ALLOWED_NAMESPACES: {
        isOpen: isSet,
        effect: "those namespaces can read every proxy's configuration",
    },
    DEFAULT_WORKLOAD_CERT_TTL: { isOpen: isTooLong, effect: LONG_LIVED },
    ENABLE_CA_SERVER: { isOpen: isFalse, effect: "istiod issues no identities" },
    ENABLE_DEBUG_ENDPOINT_AUTH: {
        isOpen: isFalse,
        effect: "every workload can read every proxy's configuration on istiod's debug port",
    },
    ENABLE_SELECTOR_BASED_K8S_GATEWAY_POLICY: {
        isOpen: isFalse,
        effect: "policies with a selector do not apply to Gateway API gateways",
    },
    ENABLE_XDS_API_GENERATOR_AUTH: {
        isOpen: isFalse,
        effect: "anyone who can reach istiod can read all configuration of the mesh",
    },
    EXTERNAL_CA: { isOpen: isSet, effect: OTHER_SIGNER },
    HTTP_STRIP_FRAGMENT_FROM_PATH_UNSAFE_IF_DISABLED: {
        isOpen: isFalse,
        effect: "/admin#x bypasses a DENY for /admin",
    },
    INJECT_ENABLED: { isOpen: isFalse, effect: "no sidecar is injected" },
    ISTIO_WATCH_NAMESPACE: { isOpen: isSet, effect: IGNORED },
    ISTIO_WORKLOAD_ENTRY_VALIDATE_IDENTITY: {
        isOpen: isFalse,
        effect: "a machine can register as a workload of another identity",
    },
    JWKS_RESOLVER_INSECURE_SKIP_VERIFY: {
        isOpen: isTrue,
        effect: "JWT keys are accepted from any server",
    },
    JWT_RULE: { isOpen: isSet, effect: "tokens of another issuer authenticate proxies" },
    K8S_SIGNER: { isOpen: isSet, effect: OTHER_SIGNER },
    MAX_WORKLOAD_CERT_TTL: { isOpen: isTooLong, effect: LONG_LIVED },
    PILOT_ENABLE_CA_CRL: { isOpen: isFalse, effect: "revoked certificates are accepted" },
    PILOT_ENABLE_STRICT_GATEWAY_MERGING: {
        isOpen: isFalse,
        effect: "a Gateway of another namespace can add hosts to a managed gateway",
    },
    PILOT_ENABLE_XDS_IDENTITY_CHECK: {
        isOpen: isFalse,
        effect: "a proxy can request the configuration of another identity",
    },
    PILOT_IGNORE_RESOURCES: { isOpen: isSet, effect: "istiod ignores these kinds, which may be policies" },
    PILOT_INSECURE_MULTICLUSTER_KUBECONFIG_OPTIONS: {
        isOpen: isSet,
        effect: "a remote cluster's kubeconfig can run commands in istiod",
    },
    PILOT_MULTICLUSTER_KUBECONFIG_PATH: {
        isOpen: isSet,
        effect: "objects of clusters that no policy checks are treated as part of the mesh",
    },
    PILOT_SKIP_VALIDATE_TRUST_DOMAIN: {
        isOpen: isTrue,
        effect: "certificates of any trust domain are accepted",
    },
    PREFER_DESTINATIONRULE_TLS_FOR_EXTERNAL_SERVICES: {
        isOpen: isFalse,
        effect: "DestinationRules no longer control the TLS of external hosts",
    },
    SHARED_MESH_CONFIG: {
        isOpen: isSet,
        effect: "a second ConfigMap, with any name, changes the MeshConfig",
    },
    TOKEN_ISSUER: { isOpen: isSet, effect: "tokens of another issuer authenticate proxies" },
    TRUSTED_GATEWAY_CIDR: {
        isOpen: isSet,
        effect: "identities are taken from X-Forwarded-Client-Cert headers of requests from that network",
    },
    UNSAFE_ENABLE_ADMIN_ENDPOINTS: { isOpen: isTrue, effect: "istiod can be changed through its debug port" },
    XDS_AUTH: { isOpen: isFalse, effect: "anyone who can reach istiod can get every proxy's configuration" },
    XDS_AUTH_PLAINTEXT: { isOpen: isTrue, effect: "proxies send their credentials in plain text" },
};
