/**
 * The node's settings. Paths are those that its processes see: the node has a separate root file system with the usual
 * paths of a Kubernetes node.
 */
export const settings = {
    nodeName: "sparc-node",
    clusterDomain: "cluster.local",
    serviceSubnet: "10.96.0.0/16",
    /** The cluster IP of the Service `kubernetes`: the subnet's first address. */
    apiServiceAddress: "10.96.0.1",
    dnsAddress: "10.96.0.10",
    /** The pod network of the only node: 1,000 addresses. */
    podSubnet: "10.244.0.0/22",
    maxPods: 300,
    /** Addresses of the simulated external services: see simulated-external.ts. */
    simulatedSubnet: "198.18.0.0/16",
    simulatedHealthPort: 10270,
    apiPort: 6443,
    kubeletPort: 10250,
    etcdPort: 2379,
    etcdPeerPort: 2380,
    /** The two ends of the veth pair between host and node. */
    hostInterface: "sparc-mesh0",
    nodeInterface: "eth0",
    /** The node's control group: its daemons run in its child `system`, its pods in sibling groups of that. */
    cgroup: "sparc-mesh",
    containerdSocket: "/run/containerd/containerd.sock",
    /** The folder of the node's configuration, keys and certificates. */
    configuration: "/etc/kubernetes",
    issuer: "https://kubernetes.default.svc.cluster.local",
} as const;

/** The folders in the state folder, with their mount points in the node. */
export const stateFolders = {
    configuration: settings.configuration,
    containerd: "/var/lib/containerd",
    etcd: "/var/lib/etcd",
    kubelet: "/var/lib/kubelet",
    log: "/var/log",
} as const;
