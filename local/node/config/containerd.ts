import { settings } from "../settings";

/** Inputs of containerd's configuration. */
export interface ContainerdOptions {
    /** Reference of the pause image. */
    readonly pauseImage: string;
    readonly cniPlugins: string;
    /** `native` copies layers, for file systems that do not support overlayfs. */
    readonly snapshotter: "overlayfs" | "native";
}

/** containerd's configuration file (TOML), for version 1.6. */
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
# Without CAP_SYS_RESOURCE a process cannot lower its OOM score, and every
# pod would fail with "can't get final child's PID from pipe: EOF".
restrict_oom_score_adj = true
# The default of newer releases: a container needs no capability to listen on a port below 1024.
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
 * The pod network as a CNI configuration: a veth pair from each pod to the node, which routes between them. Unlike a
 * bridge, it does not need the kernel module br_netfilter for iptables.
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
                    // In memory: a reboot frees all addresses.
                    dataDir: "/run/cni/networks",
                },
            },
            { type: "portmap", capabilities: { portMappings: true } },
        ],
    };
    return `${JSON.stringify(config, undefined, 2)}\n`;
}
