import { settings } from "../settings";
import { type KubernetesObject, restricted } from "./object";

const name = "coredns";
const namespace = "kube-system";
/** The label by which everything else finds the cluster's DNS. */
const labels = { "k8s-app": "kube-dns" };

const corefile = `.:53 {
    errors
    health {
        lameduck 2s
    }
    ready
    kubernetes ${settings.clusterDomain} in-addr.arpa ip6.arpa {
        pods verified
        ttl 30
    }
    prometheus :9153
    cache 30
    reload
}
`;

/** CoreDNS, which knows the cluster's names and, the node having no way out, no others. */
export function dns(image: string): KubernetesObject[] {
    return [
        { apiVersion: "v1", kind: "ServiceAccount", metadata: { name, namespace } },
        {
            apiVersion: "rbac.authorization.k8s.io/v1",
            kind: "ClusterRole",
            metadata: { name: "system:coredns" },
            rules: [
                { apiGroups: [""], resources: ["services", "pods", "namespaces"], verbs: ["list", "watch"] },
                { apiGroups: ["discovery.k8s.io"], resources: ["endpointslices"], verbs: ["list", "watch"] },
            ],
        },
        {
            apiVersion: "rbac.authorization.k8s.io/v1",
            kind: "ClusterRoleBinding",
            metadata: { name: "system:coredns" },
            roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "system:coredns" },
            subjects: [{ kind: "ServiceAccount", name, namespace }],
        },
        { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace }, data: { Corefile: corefile } },
        service(),
        deployment(image),
    ];
}

function service(): KubernetesObject {
    return {
        apiVersion: "v1",
        kind: "Service",
        metadata: { name: "kube-dns", namespace, labels },
        spec: {
            selector: labels,
            clusterIP: settings.dnsAddress,
            ports: [
                { name: "dns", port: 53, protocol: "UDP" },
                { name: "dns-tcp", port: 53, protocol: "TCP" },
                { name: "metrics", port: 9153, protocol: "TCP" },
            ],
        },
    };
}

function deployment(image: string): KubernetesObject {
    return {
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata: { name, namespace, labels },
        spec: {
            replicas: 1,
            selector: { matchLabels: labels },
            template: {
                metadata: { labels },
                spec: {
                    serviceAccountName: name,
                    priorityClassName: "system-cluster-critical",
                    dnsPolicy: "Default",
                    containers: [
                        {
                            name,
                            image,
                            args: ["-conf", "/etc/coredns/Corefile"],
                            ports: [
                                { name: "dns", containerPort: 53, protocol: "UDP" },
                                { name: "dns-tcp", containerPort: 53, protocol: "TCP" },
                                { name: "metrics", containerPort: 9153, protocol: "TCP" },
                            ],
                            livenessProbe: { httpGet: { path: "/health", port: 8080 }, periodSeconds: 10 },
                            readinessProbe: { httpGet: { path: "/ready", port: 8181 }, periodSeconds: 2 },
                            resources: {
                                requests: { cpu: "20m", memory: "32Mi" },
                                limits: { memory: "128Mi" },
                            },
                            securityContext: restricted,
                            volumeMounts: [{ name: "config", mountPath: "/etc/coredns", readOnly: true }],
                        },
                    ],
                    volumes: [{ name: "config", configMap: { name } }],
                },
            },
        },
    };
}
