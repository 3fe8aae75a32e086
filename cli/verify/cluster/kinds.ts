/** Where the API server keeps each kind that verifying touches, or a status tells of. */
export const KINDS = {
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
    Canary: { path: "apis/flagger.app/v1beta1", plural: "canaries" },
} as const;

export type Kind = keyof typeof KINDS;
