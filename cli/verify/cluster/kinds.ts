/** Where the API server keeps each kind that verifying touches, or a status tells of. */
export const KINDS = {
    Namespace: { path: "api/v1", plural: "namespaces" },
    Service: { path: "api/v1", plural: "services" },
    Pod: { path: "api/v1", plural: "pods" },
    Secret: { path: "api/v1", plural: "secrets" },
    ServiceAccount: { path: "api/v1", plural: "serviceaccounts" },
    Lease: { path: "apis/coordination.k8s.io/v1", plural: "leases" },
    NetworkPolicy: { path: "apis/networking.k8s.io/v1", plural: "networkpolicies" },
    AuthorizationPolicy: { path: "apis/security.istio.io/v1", plural: "authorizationpolicies" },
    PeerAuthentication: { path: "apis/security.istio.io/v1", plural: "peerauthentications" },
    RequestAuthentication: { path: "apis/security.istio.io/v1", plural: "requestauthentications" },
    DestinationRule: { path: "apis/networking.istio.io/v1", plural: "destinationrules" },
    EnvoyFilter: { path: "apis/networking.istio.io/v1alpha3", plural: "envoyfilters" },
    Gateway: { path: "apis/networking.istio.io/v1", plural: "gateways" },
    ServiceEntry: { path: "apis/networking.istio.io/v1", plural: "serviceentries" },
    Sidecar: { path: "apis/networking.istio.io/v1", plural: "sidecars" },
    Telemetry: { path: "apis/telemetry.istio.io/v1", plural: "telemetries" },
    VirtualService: { path: "apis/networking.istio.io/v1", plural: "virtualservices" },
    Certificate: { path: "apis/cert-manager.io/v1", plural: "certificates" },
    Issuer: { path: "apis/cert-manager.io/v1", plural: "issuers" },
    ClusterIssuer: { path: "apis/cert-manager.io/v1", plural: "clusterissuers" },
    Role: { path: "apis/rbac.authorization.k8s.io/v1", plural: "roles" },
    RoleBinding: { path: "apis/rbac.authorization.k8s.io/v1", plural: "rolebindings" },
    ClusterRole: { path: "apis/rbac.authorization.k8s.io/v1", plural: "clusterroles" },
    ClusterRoleBinding: { path: "apis/rbac.authorization.k8s.io/v1", plural: "clusterrolebindings" },
    MutatingWebhookConfiguration: {
        path: "apis/admissionregistration.k8s.io/v1",
        plural: "mutatingwebhookconfigurations",
    },
    Canary: { path: "apis/flagger.app/v1beta1", plural: "canaries" },
} as const;

export type Kind = keyof typeof KINDS;
