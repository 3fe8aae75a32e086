import { pkiFiles } from "../pki";
import { settings } from "../settings";

const { configuration, etcdPort, etcdPeerPort, issuer } = settings;
const file = (name: string): string => `${configuration}/pki/${name}`;
const identity = (name: string): string => file(pkiFiles.identity(name));
const authority = (name: Parameters<typeof pkiFiles.authority>[0]): string => file(pkiFiles.authority(name));
const kubeconfig = (name: string): string => `${configuration}/${name}.kubeconfig`;

/** etcd's command line. All clients and peers must present a certificate. */
export function etcdArguments(): string[] {
    const clients = `https://127.0.0.1:${etcdPort}`;
    const peers = `https://127.0.0.1:${etcdPeerPort}`;
    return flags({
        name: settings.nodeName,
        "data-dir": "/var/lib/etcd/data",
        "listen-client-urls": clients,
        "advertise-client-urls": clients,
        "listen-peer-urls": peers,
        "initial-advertise-peer-urls": peers,
        "initial-cluster": `${settings.nodeName}=${peers}`,
        "client-cert-auth": "true",
        "cert-file": identity("etcd-server"),
        "key-file": identity("etcd-server"),
        "trusted-ca-file": authority("etcd"),
        "peer-client-cert-auth": "true",
        "peer-cert-file": identity("etcd-peer"),
        "peer-key-file": identity("etcd-peer"),
        "peer-trusted-ca-file": authority("etcd"),
        "auto-compaction-retention": "1h",
        "log-level": "warn",
    });
}

/** The API server's command line. `address` is the node's address for host and pods. */
export function apiserverArguments(address: string): string[] {
    return flags({
        "advertise-address": address,
        "secure-port": String(settings.apiPort),
        "tls-cert-file": identity("apiserver"),
        "tls-private-key-file": identity("apiserver"),
        "tls-min-version": "VersionTLS12",
        "anonymous-auth": "false",
        "client-ca-file": authority("cluster"),
        "authorization-mode": "Node,RBAC",
        "enable-admission-plugins": "NodeRestriction",
        "etcd-servers": `https://127.0.0.1:${etcdPort}`,
        "etcd-cafile": authority("etcd"),
        "etcd-certfile": identity("etcd-client"),
        "etcd-keyfile": identity("etcd-client"),
        "kubelet-certificate-authority": authority("kubelet"),
        "kubelet-client-certificate": identity("apiserver-kubelet-client"),
        "kubelet-client-key": identity("apiserver-kubelet-client"),
        "kubelet-preferred-address-types": "InternalIP",
        "requestheader-client-ca-file": authority("front-proxy"),
        "requestheader-allowed-names": "front-proxy-client",
        "requestheader-username-headers": "X-Remote-User",
        "requestheader-group-headers": "X-Remote-Group",
        "requestheader-extra-headers-prefix": "X-Remote-Extra-",
        "proxy-client-cert-file": identity("front-proxy-client"),
        "proxy-client-key-file": identity("front-proxy-client"),
        // The API server calls webhooks and aggregated APIs at their pods, which works even while kube-proxy is down.
        "enable-aggregator-routing": "true",
        "service-account-issuer": issuer,
        "service-account-signing-key-file": file(pkiFiles.serviceAccountKey),
        "service-account-key-file": file(pkiFiles.serviceAccountPublicKey),
        // istiod requires tokens with the audience istio-ca when it signs a workload's certificate.
        "api-audiences": `${issuer},istio-ca`,
        "service-cluster-ip-range": settings.serviceSubnet,
        // istio-init rewrites a pod's iptables.
        "allow-privileged": "true",
        profiling: "false",
    });
}

/** The controller manager's command line. */
export function controllerManagerArguments(): string[] {
    return flags({
        ...behindKubeconfig("controller-manager"),
        "use-service-account-credentials": "true",
        "root-ca-file": authority("cluster"),
        "kube-api-qps": "100",
        "kube-api-burst": "200",
    });
}

/** The scheduler's command line. */
export function schedulerArguments(): string[] {
    return flags(behindKubeconfig("scheduler"));
}

/** The common flags of the controller manager and the scheduler. */
function behindKubeconfig(name: string): Record<string, string> {
    return {
        kubeconfig: kubeconfig(name),
        "authentication-kubeconfig": kubeconfig(name),
        "authorization-kubeconfig": kubeconfig(name),
        "bind-address": "127.0.0.1",
        "tls-cert-file": identity(`${name}-server`),
        "tls-private-key-file": identity(`${name}-server`),
        "requestheader-client-ca-file": authority("front-proxy"),
        // There is only one replica of each.
        "leader-elect": "false",
        profiling: "false",
    };
}

function flags(values: Readonly<Record<string, string>>): string[] {
    return Object.entries(values).map(([name, value]) => `--${name}=${value}`);
}
