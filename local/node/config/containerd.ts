import { settings } from "../settings";

/** What containerd's configuration depends on. */
export interface ContainerdOptions {
    /** Reference of the image that holds a pod's namespaces. */
    readonly pauseImage: string;
    readonly cniPlugins: string;
    /** How layers are stacked: `native` copies, for file systems that overlayfs cannot lie on. */
    readonly snapshotter: "overlayfs" | "native";
}

/** containerd's configuration file, TOML, for the 1.6 series. */
export function containerdConfig({ pauseImage, cniPlugins, snapshotter }: ContainerdOptions): string {
    // A JSON string is a TOML string.
    const text = JSON.stringify;
    return `version = 2
root = "/var/lib/containerd"
state = "/run/containerd"
disabled_plugins = ["io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs",
    "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs",
    "io.containerd.internal.v1.opt", "io.containerd.tracing.processor.v1.otlp"]

[grpc]
address = ${text(settings.containerdSocket)}

[plugins."io.containerd.grpc.v1.cri"]
sandbox_image = ${text(pauseImage)}
# Without CAP_SYS_RESOURCE a process may not make itself less likely to be killed for memory, and every
# pod would fail with "can't get final child's PID from pipe: EOF".
restrict_oom_score_adj = true
# As newer releases do by default: a container needs no capability to listen on a port below 1024.
enable_unprivileged_ports = true
enable_unprivileged_icmp = true

[plugins."io.containerd.grpc.v1.cri".cni]
bin_dir = ${text(cniPlugins)}
conf_dir = ${text(`${settings.configuration}/cni`)}

[plugins."io.containerd.grpc.v1.cri".containerd]
snapshotter = ${text(snapshotter)}
default_runtime_name = "runc"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
SystemdCgroup = false
`;
}

/**
 * The pods' network, as CNI plugins make it: a cable from each pod to the node, which routes between
 * them. Unlike a bridge it needs no kernel module that shows bridged packets to iptables.
 */
export function cniConfig(): string {
    const config = {
        cniVersion: "0.4.0",
        name: "sparc-mesh",
        plugins: [
            {
                type: "ptp",
                ipam: {
                    type: "host-local",
                    ranges: [[{ subnet: settings.podSubnet }]],
                    routes: [{ dst: "0.0.0.0/0" }],
                    // In memory: addresses are free again when the node has been off.
                    dataDir: "/run/cni/networks",
                },
            },
            { type: "portmap", capabilities: { portMappings: true } },
        ],
    };
    return `${JSON.stringify(config, undefined, 2)}\n`;
}
