import { pkiFiles } from "../pki";
import { settings } from "../settings";

const pki = `${settings.configuration}/pki`;

/** kubelet's configuration, as JSON (which is YAML). */
export function kubeletConfig(): string {
    const config = {
        apiVersion: "kubelet.config.k8s.io/v1beta1",
        kind: "KubeletConfiguration",
        authentication: {
            anonymous: { enabled: false },
            webhook: { enabled: true },
            x509: { clientCAFile: `${pki}/${pkiFiles.authority("cluster")}` },
        },
        authorization: { mode: "Webhook" },
        tlsCertFile: `${pki}/${pkiFiles.identity("kubelet-server")}`,
        tlsPrivateKeyFile: `${pki}/${pkiFiles.identity("kubelet-server")}`,
        tlsMinVersion: "VersionTLS12",
        port: settings.kubeletPort,
        readOnlyPort: 0,
        healthzBindAddress: "127.0.0.1",
        enableProfilingHandler: false,
        containerRuntimeEndpoint: `unix://${settings.containerdSocket}`,
        clusterDNS: [settings.dnsAddress],
        clusterDomain: settings.clusterDomain,
        resolvConf: "/etc/resolv.conf",
        cgroupDriver: "cgroupfs",
        cgroupRoot: `/${settings.cgroup}`,
        failCgroupV1: false,
        failSwapOn: false,
        volumePluginDir: "/var/lib/kubelet/volume-plugins",
        maxPods: settings.maxPods,
        containerLogMaxSize: "20Mi",
        containerLogMaxFiles: 2,
        // Absolute thresholds, and no garbage collection of images: with the defaults, a shared machine whose disk is 85% full
        // would lose every pod and every image, and these images cannot be pulled again.
        evictionHard: { "memory.available": "100Mi", "nodefs.available": "1Gi", "imagefs.available": "1Gi" },
        imageGCHighThresholdPercent: 100,
        imageGCLowThresholdPercent: 99,
        kubeAPIQPS: 100,
        kubeAPIBurst: 200,
        // Many pods start and stop at once: the default rate limits would delay events by minutes.
        eventRecordQPS: 50,
        eventBurst: 100,
        serializeImagePulls: false,
    };
    return `${JSON.stringify(config, undefined, 2)}\n`;
}

/** kube-proxy's configuration, as JSON. */
export function kubeProxyConfig(): string {
    const config = {
        apiVersion: "kubeproxy.config.k8s.io/v1alpha1",
        kind: "KubeProxyConfiguration",
        mode: "iptables",
        hostnameOverride: settings.nodeName,
        clientConnection: { kubeconfig: `${settings.configuration}/kube-proxy.kubeconfig` },
        clusterCIDR: settings.podSubnet,
        healthzBindAddress: "127.0.0.1:10256",
        metricsBindAddress: "127.0.0.1:10249",
        iptables: { localhostNodePorts: false },
        // The size of the connection tracking table applies to the whole machine; leave it unchanged.
        conntrack: { maxPerCore: 0, min: 0, tcpEstablishedTimeout: "0s", tcpCloseWaitTimeout: "0s" },
    };
    return `${JSON.stringify(config, undefined, 2)}\n`;
}

/** The resolver configuration: the cluster's DNS only. */
export function resolvConf(): string {
    return `nameserver ${settings.dnsAddress}\noptions timeout:1 attempts:2\n`;
}
