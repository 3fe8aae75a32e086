/**
 * istiod's environment variables that open the mesh, from the registrations in its source at 1.31: pilot/pkg/features,
 * pilot/pkg/bootstrap and pkg/security. In the profile `closed` every variable is listed instead.
 */
import { durationHours } from "../../core/go";
import { isFalse, isTrue } from "../../core/switches";

export interface DangerousVariable {
    readonly isOpen: (value: string) => boolean;
    /** Completes "<variable> is <value>, so …". */
    readonly effect: string;
}

const isSet = (value: string): boolean => value.trim() !== "";

/** Istio's own maximum, 90 days. */
const MAX_CERTIFICATE_HOURS = 90 * 24;

const livesLong = (value: string): boolean => (durationHours(value) ?? Infinity) > MAX_CERTIFICATE_HOURS;

const LONG_LIVED = "a stolen identity is valid for longer than 90 days";
const OTHER_SIGNER = "a signer of the cluster gives out identities instead of the mesh's own authority";
const IGNORED = "policies outside of it are ignored";

export const DANGEROUS_VARIABLES: Readonly<Record<string, DangerousVariable>> = {
    CA_TRUSTED_NODE_ACCOUNTS: {
        isOpen: isSet,
        effect: "those accounts get certificates of every identity on their node",
    },
    CERT_SIGNER_DOMAIN: { isOpen: isSet, effect: OTHER_SIGNER },
    DEBUG_ENDPOINT_AUTH_ALLOWED_NAMESPACES: {
        isOpen: isSet,
        effect: "those namespaces read every proxy's configuration",
    },
    DEFAULT_WORKLOAD_CERT_TTL: { isOpen: livesLong, effect: LONG_LIVED },
    ENABLE_CA_SERVER: { isOpen: isFalse, effect: "istiod gives out no identities" },
    ENABLE_DEBUG_ENDPOINT_AUTH: {
        isOpen: isFalse,
        effect: "every workload reads every proxy's configuration from istiod's debug port",
    },
    ENABLE_SELECTOR_BASED_K8S_GATEWAY_POLICY: {
        isOpen: isFalse,
        effect: "policies with a selector do not hold for gateways of Kubernetes' Gateway API",
    },
    ENABLE_XDS_API_GENERATOR_AUTH: {
        isOpen: isFalse,
        effect: "whoever reaches istiod reads all configuration of the mesh",
    },
    EXTERNAL_CA: { isOpen: isSet, effect: OTHER_SIGNER },
    HTTP_STRIP_FRAGMENT_FROM_PATH_UNSAFE_IF_DISABLED: {
        isOpen: isFalse,
        effect: "/admin#x passes a DENY of /admin",
    },
    INJECT_ENABLED: { isOpen: isFalse, effect: "no sidecar is injected" },
    ISTIO_WATCH_NAMESPACE: { isOpen: isSet, effect: IGNORED },
    ISTIO_WORKLOAD_ENTRY_VALIDATE_IDENTITY: {
        isOpen: isFalse,
        effect: "a machine registers as a workload of another identity",
    },
    JWKS_RESOLVER_INSECURE_SKIP_VERIFY: {
        isOpen: isTrue,
        effect: "the keys of tokens come from whoever answers",
    },
    JWT_RULE: { isOpen: isSet, effect: "tokens of another issuer authenticate proxies" },
    K8S_SIGNER: { isOpen: isSet, effect: OTHER_SIGNER },
    MAX_WORKLOAD_CERT_TTL: { isOpen: livesLong, effect: LONG_LIVED },
    PILOT_ENABLE_CA_CRL: { isOpen: isFalse, effect: "revoked certificates are accepted" },
    PILOT_ENABLE_STRICT_GATEWAY_MERGING: {
        isOpen: isFalse,
        effect: "a Gateway of another namespace adds hosts to a managed gateway",
    },
    PILOT_ENABLE_XDS_IDENTITY_CHECK: {
        isOpen: isFalse,
        effect: "a proxy may request the configuration of another's identity",
    },
    PILOT_IGNORE_RESOURCES: { isOpen: isSet, effect: "istiod ignores kinds, which may be policies" },
    PILOT_INSECURE_MULTICLUSTER_KUBECONFIG_OPTIONS: {
        isOpen: isSet,
        effect: "a remote cluster's kubeconfig may run commands in istiod",
    },
    PILOT_MULTICLUSTER_KUBECONFIG_PATH: {
        isOpen: isSet,
        effect: "objects of clusters that no policy sees are taken for the mesh's own",
    },
    PILOT_SKIP_VALIDATE_TRUST_DOMAIN: {
        isOpen: isTrue,
        effect: "certificates of any trust domain are accepted",
    },
    PREFER_DESTINATIONRULE_TLS_FOR_EXTERNAL_SERVICES: {
        isOpen: isFalse,
        effect: "DestinationRules no longer decide the TLS of external hosts",
    },
    SHARED_MESH_CONFIG: { isOpen: isSet, effect: "a second ConfigMap, of any name, changes the MeshConfig" },
    TOKEN_ISSUER: { isOpen: isSet, effect: "tokens of another issuer authenticate proxies" },
    TRUSTED_GATEWAY_CIDR: {
        isOpen: isSet,
        effect: "identities are taken from X-Forwarded-Client-Cert headers of that network",
    },
    UNSAFE_ENABLE_ADMIN_ENDPOINTS: { isOpen: isTrue, effect: "istiod's debug port changes it from outside" },
    XDS_AUTH: { isOpen: isFalse, effect: "whoever reaches istiod gets every proxy's configuration" },
    XDS_AUTH_PLAINTEXT: { isOpen: isTrue, effect: "proxies' credentials travel in plain text" },
};
