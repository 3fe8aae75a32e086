/** Added objects. */
import { type EvaluatedResource } from "../../../../cli/policy/protocol";
import { kindOf, meta, type Mutation } from "../model";
import { added, addedWith } from "./added";

const RBAC = "rbac.authorization.k8s.io/v1";

/** Objects added in a newer or older API version, or by another kind. */
export function additions(stack: readonly EvaluatedResource[]): Mutation[] {
    const services = stack.filter(
        (resource) => kindOf(resource) === "Service" && meta(resource).namespace === "sparc",
    );
    return services.flatMap((service) => {
        const { name, namespace } = meta(service);
        const host = `${name}.${namespace}.svc.cluster.local`;
        const selector = { matchLabels: { "sparc.dev/service": name } };
        return [
            added(
                "added: PERMISSIVE in v1beta1",
                "security.istio.io/v1beta1",
                "PeerAuthentication",
                namespace,
                name,
                { selector, mtls: { mode: "PERMISSIVE" } },
            ),
            added(
                "added: an ALLOW for everyone",
                "security.istio.io/v1beta1",
                "AuthorizationPolicy",
                namespace,
                name,
                { selector, rules: [{}] },
            ),
            added(
                "added: an ALLOW without a source",
                "security.istio.io/v1",
                "AuthorizationPolicy",
                namespace,
                name,
                {
                    selector,
                    rules: [{ to: [{ operation: { ports: ["9090"], methods: ["POST"], paths: ["/x"] } }] }],
                },
            ),
            added(
                "added: TLS off in v1alpha3",
                "networking.istio.io/v1alpha3",
                "DestinationRule",
                "databases",
                name,
                { host, exportTo: ["."], trafficPolicy: { tls: { mode: "DISABLE" } } },
            ),
            added(
                "added: a second rule for a host",
                "networking.istio.io/v1",
                "DestinationRule",
                namespace,
                `${name}-too`,
                { host, exportTo: ["."] },
            ),
            added("added: an EnvoyFilter", "networking.istio.io/v1alpha3", "EnvoyFilter", namespace, name, {
                configPatches: [],
            }),
            added("added: an Ingress", "networking.k8s.io/v1", "Ingress", namespace, name, {
                rules: [{ host: "x.example.com" }],
            }),
            added(
                "added: an Ingress with TLS, of another controller",
                "networking.k8s.io/v1",
                "Ingress",
                namespace,
                name,
                {
                    ingressClassName: "alb",
                    tls: [{ hosts: ["x.example.com"], secretName: "x" }],
                    rules: [{ host: "x.example.com" }],
                },
            ),
            added(
                "added: a Gateway that selects a service's pods",
                "networking.istio.io/v1",
                "Gateway",
                namespace,
                `${name}-decoy`,
                {
                    selector: selector.matchLabels,
                    servers: [
                        {
                            port: { number: 80, name: "http", protocol: "HTTP" },
                            hosts: ["./x.example.com"],
                            tls: { httpsRedirect: true },
                        },
                    ],
                },
            ),
            added(
                "added: a second PeerAuthentication for the whole mesh",
                "security.istio.io/v1",
                "PeerAuthentication",
                "istio-system",
                `a-${name}`,
                {},
            ),
            addedWith("added: a role for all of Istio's kinds", RBAC, "Role", namespace, `${name}-istio`, {
                rules: [{ apiGroups: ["security.istio.io"], resources: ["*"], verbs: ["*"] }],
            }),
            addedWith("added: a role that can escalate", RBAC, "ClusterRole", "", `${name}-more`, {
                rules: [
                    {
                        apiGroups: [RBAC.replace("/v1", "")],
                        resources: ["clusterroles"],
                        verbs: ["escalate"],
                    },
                ],
            }),
            addedWith("added: the cluster's editor", RBAC, "ClusterRoleBinding", "", `${name}-edits`, {
                roleRef: { kind: "ClusterRole", name: "edit" },
                subjects: [{ kind: "User", name: `system:serviceaccount:${namespace}:${name}` }],
            }),
            added(
                "added: a load balancer to the pods themselves",
                "elbv2.k8s.aws/v1beta1",
                "TargetGroupBinding",
                namespace,
                name,
                {
                    serviceRef: { name, port: 9090 },
                    targetGroupARN: "arn:aws:elasticloadbalancing:eu-central-1:1:targetgroup/x/1",
                },
            ),
            added(
                "added: an open NetworkPolicy in v1beta1",
                "extensions/v1beta1",
                "NetworkPolicy",
                namespace,
                `${name}-open`,
                { podSelector: {}, ingress: [{}] },
            ),
            added(
                "added: an external host as MESH_INTERNAL",
                "networking.istio.io/v1beta1",
                "ServiceEntry",
                namespace,
                `${name}-partner`,
                {
                    hosts: ["partner.example.com"],
                    exportTo: ["."],
                    location: "MESH_INTERNAL",
                    resolution: "DNS",
                    ports: [{ number: 443, name: "tls", protocol: "TLS" }],
                },
            ),
            added(
                "added: a VM as a service's endpoint",
                "networking.istio.io/v1",
                "WorkloadEntry",
                namespace,
                name,
                { address: "203.0.113.7", labels: selector.matchLabels, serviceAccount: name },
            ),
            added("added: an ExternalName Service", "v1", "Service", namespace, `${name}-partner`, {
                type: "ExternalName",
                externalName: "partner.example.com",
            }),
            added(
                "added: the whole cluster allowed by a cluster-wide policy",
                "policy.networking.k8s.io/v1alpha1",
                "AdminNetworkPolicy",
                "",
                name,
                {
                    subject: { pods: { podSelector: selector } },
                    ingress: [{ action: "Allow", from: [{ namespaces: {} }] }],
                },
            ),
            addedWith("added: cluster-wide rights for a service", RBAC, "ClusterRoleBinding", "", name, {
                roleRef: { kind: "ClusterRole", name: "cluster-admin" },
                subjects: [{ kind: "ServiceAccount", name, namespace }],
            }),
            addedWith("added: rights for everyone", RBAC, "RoleBinding", namespace, name, {
                roleRef: { kind: "Role", name: "editors" },
                subjects: [{ kind: "Group", name: "system:serviceaccounts" }],
            }),
            addedWith("added: a role for everything", RBAC, "Role", namespace, name, {
                rules: [{ apiGroups: ["*"], resources: ["*"], verbs: ["*"] }],
            }),
            added("added: a Cilium policy", "cilium.io/v2", "CiliumNetworkPolicy", namespace, name, {
                endpointSelector: selector,
                ingress: [{ fromEntities: ["cluster"] }],
            }),
            added(
                "added: another namespace's route for a service",
                "networking.istio.io/v1",
                "VirtualService",
                "monitoring",
                `${name}-mine`,
                {
                    hosts: [host],
                    exportTo: [namespace],
                    http: [{ timeout: "1s", route: [{ destination: { host: "mine" } }] }],
                },
            ),
            added(
                "added: a route for every host",
                "networking.istio.io/v1",
                "VirtualService",
                namespace,
                `${name}-all`,
                {
                    hosts: ["*"],
                    exportTo: ["."],
                    http: [{ timeout: "1s", route: [{ destination: { host } }] }],
                },
            ),
        ];
    });
}
