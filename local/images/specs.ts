import { readdir } from "node:fs/promises";
import { join } from "node:path";

import { libraryFolder } from "../toolchain/libraries";
import type { IstioFiles, ProgramName, Toolchain } from "../toolchain";
import type { ImageFile, ImageProcess } from "./archive";
import { librariesOf } from "./libraries";

/** The cert-manager programs that the node runs. */
export const CERT_MANAGER_PROGRAMS = ["cainjector", "controller", "webhook"] as const;
type CertManagerProgram = (typeof CERT_MANAGER_PROGRAMS)[number];

/** The images that the node builds. */
export type ImageName =
    | "pause"
    | "coredns"
    | "metrics-server"
    | "standin"
    | "ratelimit"
    | "redis"
    | "flagger"
    | "flagger-loadtester"
    | "prometheus"
    | `jetstack/cert-manager-${CertManagerProgram}`
    | "istio/pilot"
    | "istio/proxyv2";

/** An image's files and process. */
export interface ImageSpec {
    readonly name: ImageName;
    /** The version, of images that the node has in several. */
    readonly version?: string;
    readonly files: readonly ImageFile[];
    readonly start: ImageProcess;
}

const nonroot = "65532:65532";
const istioUser = "1337:1337";

/** All images, built from a complete toolchain. */
export async function imageSpecs(toolchain: Toolchain): Promise<ImageSpec[]> {
    return [
        single(toolchain, "pause", "pause", "/pause"),
        single(toolchain, "coredns", "coredns", "/coredns"),
        single(toolchain, "metrics-server", "metrics-server", "/metrics-server"),
        single(toolchain, "standin", "standin", "/standin"),
        // The path in the upstream image.
        single(toolchain, "ratelimit", "ratelimit", "/bin/ratelimit"),
        ...CERT_MANAGER_PROGRAMS.map((program) => {
            const name = `cert-manager-${program}` as const;
            return single(toolchain, `jetstack/${name}`, name, `/${name}`);
        }),
        await redis(toolchain),
        withWget(toolchain, "flagger", "flagger"),
        await loadTester(toolchain),
        prometheus(toolchain),
        ...toolchain.istios.map(pilot),
        ...(await Promise.all(toolchain.istios.map((istio) => proxy(toolchain, istio)))),
    ];
}

/** An image with a single static program. */
function single(toolchain: Toolchain, name: ImageName, program: ProgramName, path: string): ImageSpec {
    return {
        name,
        files: [{ path, from: toolchain.program(program), mode: 0o755 }, ...common()],
        start: { user: nonroot, entrypoint: [path] },
    };
}

/** A static program whose chart has exec probes that run `wget`. */
function withWget(toolchain: Toolchain, name: ImageName, program: ProgramName): ImageSpec {
    const image = single(toolchain, name, program, `/${program}`);
    return {
        ...image,
        files: [...image.files, { path: "/usr/bin/wget", from: toolchain.program("wget"), mode: 0o755 }],
    };
}

/** Flagger's load tester, which runs shell commands; with only the tools that the webhooks here use. */
async function loadTester(toolchain: Toolchain): Promise<ImageSpec> {
    const image = withWget(toolchain, "flagger-loadtester", "loadtester");
    const hey = toolchain.program("hey");
    return {
        ...image,
        files: [
            ...image.files,
            { path: "/bin/sh", from: toolchain.program("busybox"), mode: 0o755 },
            { path: "/usr/bin/hey", from: hey, mode: 0o755 },
            ...(await librariesOf([hey], await libraryFolder(toolchain))),
        ],
        start: { ...image.start, environment: { PATH: "/bin:/usr/bin" } },
    };
}

/** Debian's Redis with its libraries. The program's behavior depends on its file name. */
async function redis(toolchain: Toolchain): Promise<ImageSpec> {
    const path = "/usr/bin/redis-server";
    const program = toolchain.program("redis");
    return {
        name: "redis",
        files: [
            ...common(),
            { path, from: program, mode: 0o755 },
            ...(await librariesOf([program], await libraryFolder(toolchain))),
        ],
        start: { user: nonroot, entrypoint: [path] },
    };
}

/** Prometheus and promtool, at the paths of the upstream image. */
function prometheus(toolchain: Toolchain): ImageSpec {
    const path = "/bin/prometheus";
    return {
        name: "prometheus",
        files: [
            ...common(),
            { path, from: toolchain.program("prometheus"), mode: 0o755 },
            { path: "/bin/promtool", from: toolchain.program("promtool"), mode: 0o755 },
        ],
        // Runbooks call promtool by its name.
        start: { user: nonroot, entrypoint: [path], environment: { PATH: "/bin" } },
    };
}

/** istiod, like Istio's Dockerfile.pilot. */
function pilot({ version, pilotDiscovery }: IstioFiles): ImageSpec {
    const path = "/usr/local/bin/pilot-discovery";
    return {
        name: "istio/pilot",
        version,
        files: [{ path, from: pilotDiscovery, mode: 0o755 }, ...common()],
        start: { user: istioUser, entrypoint: [path] },
    };
}

/**
 * The image of sidecars and gateways, like Istio's Dockerfile.proxyv2: pilot-agent, Envoy, the template of its bootstrap
 * configuration, and, for istio-init, both variants of iptables.
 */
async function proxy(
    toolchain: Toolchain,
    { version, pilotAgent, envoyBootstrap }: IstioFiles,
): Promise<ImageSpec> {
    const envoy = toolchain.program("envoy");
    const variants = ["nft", "legacy"] as const;
    const multi = variants.map((variant) => toolchain.program(`xtables-${variant}-multi`));
    const folder = await libraryFolder(toolchain);
    const extensions = join(folder, "xtables");
    const agent = "/usr/local/bin/pilot-agent";
    return {
        name: "istio/proxyv2",
        version,
        files: [
            ...common(),
            { path: agent, from: pilotAgent, mode: 0o755 },
            { path: "/usr/local/bin/envoy", from: envoy, mode: 0o755 },
            {
                path: "/var/lib/istio/envoy/envoy_bootstrap_tmpl.json",
                from: envoyBootstrap,
                mode: 0o644,
            },
            ...variants.map((variant, index) => ({
                path: `/usr/sbin/xtables-${variant}-multi`,
                from: multi[index] ?? "",
                mode: 0o755,
            })),
            ...iptablesLinks(),
            ...(await readdir(extensions)).map((name) => ({
                path: `/usr/lib/xtables/${name}`,
                from: join(extensions, name),
                mode: 0o644,
            })),
            ...(await librariesOf([envoy, ...multi], folder)),
        ],
        start: {
            user: istioUser,
            entrypoint: [agent],
            environment: { XTABLES_LIBDIR: "/usr/lib/xtables" },
        },
    };
}

/** `iptables`, `ip6tables-nft-save` and so on: links to one program, whose behavior depends on its file name. The default is nft. */
function iptablesLinks(): ImageFile[] {
    const links: ImageFile[] = [];
    for (const family of ["iptables", "ip6tables"])
        for (const action of ["", "-save", "-restore"])
            for (const [infix, variant] of [
                ["", "nft"],
                ["-nft", "nft"],
                ["-legacy", "legacy"],
            ] as const)
                links.push({
                    path: `/usr/sbin/${family}${infix}${action}`,
                    link: `xtables-${variant}-multi`,
                });
    return links;
}

/** Files that most programs expect. */
function common(): ImageFile[] {
    const passwd =
        "root:x:0:0::/:/nologin\nistio-proxy:x:1337:1337::/:/nologin\nnonroot:x:65532:65532::/:/nologin\n";
    return [
        { path: "/etc/passwd", text: passwd, mode: 0o644 },
        { path: "/etc/group", text: "root:x:0:\nistio-proxy:x:1337:\nnonroot:x:65532:\n", mode: 0o644 },
        { path: "/etc/nsswitch.conf", text: "hosts: files dns\n", mode: 0o644 },
        { path: "/tmp", folder: true, mode: 0o1777 },
    ];
}
