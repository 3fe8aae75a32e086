/**
 * What the node looks like from the inside. Paths are the node's own, as its processes see them: the
 * node has a root of its own, so they are the usual ones of a Kubernetes node.
 */
export const settings = {
    nodeName: "sparc-node",
    clusterDomain: "cluster.local",
    serviceSubnet: "10.96.0.0/16",
    /** The API server's address among the services: the subnet's first. */
    apiServiceAddress: "10.96.0.1",
    dnsAddress: "10.96.0.10",
    /** One node only, so the pods' network is the node's: room for 1,000 pods. */
    podSubnet: "10.244.0.0/22",
    maxPods: 300,
    /** Where the world outside is played: see outside.ts. */
    outsideSubnet: "198.18.0.0/16",
    outsideHealthPort: 10270,
    apiPort: 6443,
    kubeletPort: 10250,
    etcdPort: 2379,
    etcdPeerPort: 2380,
    /** The host's end of the cable to the node, and the node's end. */
    hostInterface: "sparc-mesh0",
    nodeInterface: "eth0",
    /** Everything of the node runs below this control group: its daemons in `system`, its pods beside it. */
    cgroup: "sparc-mesh",
    containerdSocket: "/run/containerd/containerd.sock",
    /** The folder of the node's configuration, keys and certificates. */
    configuration: "/etc/kubernetes",
    issuer: "https://kubernetes.default.svc.cluster.local",
} as const;

/** The folders in the state folder, and where each appears inside the node. */
export const stateFolders = {
    configuration: settings.configuration,
    containerd: "/var/lib/containerd",
    etcd: "/var/lib/etcd",
    kubelet: "/var/lib/kubelet",
    log: "/var/log",
} as const;
