import { digestOf } from "../../lib/digest";
import { settings } from "../settings";
import type { KubeObject } from "../../lib/kube-object";
import { addonDeployment } from "./deployment";

const name = "coredns";
const namespace = "kube-system";
/** The conventional label of the cluster's DNS. */
const labels = { "k8s-app": "kube-dns" };

export interface DnsOptions {
    readonly image: string;
    /** External host names and their addresses. */
    readonly hosts: readonly { readonly host: string; readonly address: string }[];
}

/**
 * One server block for the cluster's names, one for the simulated external hosts, and one that returns NXDOMAIN for all other
 * names. No block forwards, so that no query leaves the cluster (ADR 33). The TTL is short, because a host's address changes
 * when hosts are added or removed.
 */
export function corefile(hosts: DnsOptions["hosts"]): string {
    const lines = [...new Set(hosts.map(({ host, address }) => `        ${address} ${host}`))];
    const zones = [...new Set(hosts.map(({ host }) => `${host}:53`))];
    const externalBlock =
        lines.length === 0
            ? ""
            : `${zones.join(" ")} {
    errors
    hosts {
${lines.join("\n")}
        ttl 5
    }
    prometheus :9153
    cache 30
}
`;
    return `${settings.clusterDomain}:53 in-addr.arpa:53 ip6.arpa:53 {
    errors
    kubernetes ${settings.clusterDomain} in-addr.arpa ip6.arpa {
        pods verified
        ttl 30
    }
    prometheus :9153
    cache 30
}
${externalBlock}.:53 {
    errors
    health {
        lameduck 2s
    }
    ready
    template ANY ANY {
        rcode NXDOMAIN
    }
    prometheus :9153
    reload
}
`;
}

/** CoreDNS, which resolves the cluster's names and the simulated external hosts only: the node has no uplink. */
export function dns({ image, hosts }: DnsOptions): KubeObject[] {
    const data = { Corefile: corefile(hosts) };
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
        { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace }, data },
        service(),
        deployment(image, digestOf(data)),
    ];
}

function service(): KubeObject {
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

/** A changed configuration replaces the pod: a running pod would see a changed file only after a minute or two. */
function deployment(image: string, digest: string): KubeObject {
    return addonDeployment({
        name,
        namespace,
        labels,
        annotations: { "sparc.dev/configuration": digest },
        container: {
            image,
            args: ["-conf", "/etc/coredns/Corefile"],
            ports: [
                { name: "dns", containerPort: 53, protocol: "UDP" },
                { name: "dns-tcp", containerPort: 53, protocol: "TCP" },
                { name: "metrics", containerPort: 9153, protocol: "TCP" },
            ],
            livenessProbe: { httpGet: { path: "/health", port: 8080 }, periodSeconds: 10 },
            readinessProbe: { httpGet: { path: "/ready", port: 8181 }, periodSeconds: 2 },
            resources: { requests: { cpu: "20m", memory: "32Mi" }, limits: { memory: "128Mi" } },
            volumeMounts: [{ name: "config", mountPath: "/etc/coredns", readOnly: true }],
        },
        pod: { dnsPolicy: "Default", volumes: [{ name: "config", configMap: { name } }] },
    });
}
