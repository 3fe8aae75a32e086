/** Openings that only the profile closed rejects. */
import { edit, find, removedOf } from "./edits";
import { add, mesh, type Make } from "./makers";

/** Rejected only with the profile closed: with open, they may be intended. */
export const CLOSED_HOLES: Readonly<Record<string, Make>> = {
    "B08 path normalization dropped": mesh("pathNormalization", undefined),
    "B41 Secret cacerts": add(`
apiVersion: v1
kind: Secret
metadata: { name: cacerts, namespace: istio-system }
stringData: { ca-cert.pem: x }
`),
    "B43 a CRD": add(`
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: authorizationpolicies.security.istio.io }
spec: { group: security.istio.io, versions: [] }
`),
    "B48 PERMISSIVE of a new name": add(`
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: { name: newone, namespace: sparc }
spec: { selector: { matchLabels: { sparc.dev/service: newone } }, portLevelMtls: { "8081": { mode: PERMISSIVE } } }
`),
    "B68 no metrics": mesh("enablePrometheusMerge", false),
    "D01 internal gateway on the Internet": (stack) => {
        const release = find(stack, "Release", "istio-ingress/istio-internalgateway");
        const mutation = edit(release, {});
        const changedOne = structuredClone(release.properties) as {
            values: { service: { annotations: Record<string, string> } };
        };
        changedOne.values.service.annotations["service.beta.kubernetes.io/aws-load-balancer-scheme"] =
            "internet-facing";
        return {
            ...mutation,
            replace: new Map([[release.urn, { ...release, properties: changedOne as never }]]),
        };
    },
    "D05 postrender": (stack) =>
        edit(find(stack, "Release", "istio-ingress/istio-ingressgateway"), { postrender: "./edit.sh" }),
    "D30 an unknown chart": add(`
type: kubernetes:helm.sh/v3:Release
name: shop
properties: { name: shop, namespace: sparc, chart: generic-app, values: { hostNetwork: true } }
`),
    "subcharts without the lock file": (stack) =>
        edit(find(stack, "Release", "istio-ingress/istio-ingressgateway"), { dependencyUpdate: true }),
    "a generated name": (stack) =>
        edit(find(stack, "ConfigMap", "istio-ingress/ratelimit"), {
            "metadata.name": undefined,
            "metadata.generateName": "ratelimit",
        }),
    "G02 another sampling endpoint": (stack) =>
        edit(find(stack, "EnvoyFilter", "istio-ingress/public-sampling"), {
            "spec.configPatches": [
                { applyTo: "HTTP_ROUTE", patch: { operation: "MERGE", value: { route: { cluster: "x" } } } },
            ],
        }),
    "G04 a name that was a pattern": add(`
apiVersion: networking.istio.io/v1alpha3
kind: EnvoyFilter
metadata: { name: limit-all, namespace: istio-egress }
spec: { configPatches: [] }
`),
    "G10 no limits": (stack) =>
        edit(find(stack, "ConfigMap", "istio-ingress/ratelimit"), {
            data: { "edge.yaml": "domain: edge\n" },
        }),
    "an EnvoyFilter that no revision reads": (stack) => {
        const filter = find(stack, "EnvoyFilter", "istio-ingress/client-headers");
        return edit(filter, { "metadata.labels": { "istio.io/rev": "unknown" } });
    },
    "K01 a command": add(
        "{ type: 'command:local:Command', name: apply, properties: { create: kubectl apply } }",
    ),
    "K07 Kyverno": add("{ apiVersion: kyverno.io/v1, kind: ClusterPolicy, metadata: { name: m }, spec: {} }"),
    "K17 client-headers removed": (stack) => removedOf(stack, "EnvoyFilter", "istio-ingress/client-headers"),
    "K18 public-tenant-paths removed": (stack) =>
        removedOf(stack, "EnvoyFilter", "istio-ingress/public-tenant-paths"),
    "K19 request-headers removed": (stack) => removedOf(stack, "EnvoyFilter", "istio-egress/request-headers"),
    "K20 limits removed": (stack) =>
        removedOf(stack, "EnvoyFilter", "istio-ingress/public-limits", "istio-ingress/public-plan-limits"),
    "K21 no tenant for services": (stack) =>
        edit(find(stack, "RequestAuthentication", "istio-ingress/istio-ingressgateway"), {
            "spec.jwtRules.0.outputClaimToHeaders": undefined,
        }),
    "a sidecar's tenant filter removed": (stack) =>
        removedOf(stack, "EnvoyFilter", "sparc/settings-tenant-context"),
    "a sidecar's tenant filter that selects no pod": (stack) =>
        edit(find(stack, "EnvoyFilter", "sparc/settings-tenant-context"), {
            "spec.workloadSelector.labels": { "sparc.dev/service": "unknown" },
        }),
    "a sidecar's tenant filter without its rules": (stack) =>
        edit(find(stack, "EnvoyFilter", "sparc/audit-tenant-context"), { "spec.configPatches": [] }),
    "a sidecar that reads tokens of another issuer": (stack) =>
        edit(find(stack, "RequestAuthentication", "sparc/users"), {
            "spec.jwtRules.0.issuer": "https://login.attacker.example.net",
        }),
    "a sidecar that reads no tokens": (stack) => removedOf(stack, "RequestAuthentication", "sparc/users"),
    "K22 a Telemetry removed": (stack) => removedOf(stack, "Telemetry", "istio-system/default"),
    "istiod removed": (stack) => removedOf(stack, "Release", "istio-system/istiod-1-31-1"),
    "a CloneSet": add(
        "{ apiVersion: apps.kruise.io/v1alpha1, kind: CloneSet, metadata: { name: c, namespace: sparc } }",
    ),
    "C22 a Deployment in an unknown namespace": add(
        "{ apiVersion: apps/v1, kind: Deployment, metadata: { name: c, namespace: nowhere }, spec: {} }",
    ),
    "a rollout of rights": add(`
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: { name: bot, namespace: sparc }
rules: [{ apiGroups: [security.istio.io], resources: [authorizationpolicies], verbs: [create] }]
`),
};
