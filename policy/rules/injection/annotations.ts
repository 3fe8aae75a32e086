/** Labels and annotations of pods by which Istio injects and captures, and network plugins attach. */
import { text } from "../../core/read";
import { PROXY_CONFIG, parseProxyConfig } from "../../core/proxy-config";
import { judgeProxyConfig } from "./proxy-config";

type Map = Readonly<Record<string, string>>;

export interface Flaw {
    /** `metadata.annotations["…"]` and what is wrong with it. */
    readonly wrong: string;
    readonly fix: string;
}

const REMOVE =
    "remove it, or list the workload under this policy's exceptions with a reason and an end date.";

/**
 * Istio's annotations that a pod may set (istio.io/api, annotation/annotations.yaml, of 1.31): resources, logs, statistics
 * and probes of the proxy. Every other one is refused: it changes the proxy, its control plane or what it captures.
 */
const HARMLESS: readonly RegExp[] = [
    /^sidecar\.istio\.io\/(proxy(CPU|Memory)(Limit)?|(agentLog|componentLog|log)Level|extraStatTags)$/,
    /^sidecar\.istio\.io\/stats(Compression|EvictionInterval|HistogramBuckets|Inclusion(Prefixes|Regexps|Suffixes))$/,
    /^readiness\.status\.sidecar\.istio\.io\//,
    /^prometheus\.istio\.io\/merge-metrics$/,
    /^(inject\.istio\.io\/templates|sidecar\.istio\.io\/inject)$/, // judged by injection-no-opt-out
];

/** Those of which only some values are harmless. */
const HARMLESS_VALUES: Readonly<Record<string, readonly string[]>> = {
    "sidecar.istio.io/interceptionMode": ["REDIRECT", "TPROXY"],
    "sidecar.istio.io/nativeSidecar": ["true"],
    "sidecar.istio.io/proxyImageType": ["", "debug", "default", "distroless"],
    "sidecar.istio.io/rewriteAppHTTPProbers": ["true"],
    "sidecar.istio.io/enableCoreDump": ["false"],
    "status.sidecar.istio.io/port": ["15020"],
};

/** With this value an annotation includes everything. */
const ALL = "*";

/** Of network plugins: what attaches a pod to another network, or gives it an address outside. */
const OTHER_NETWORKS: readonly RegExp[] = [
    /^k8s\.v1\.cni\.cncf\.io\/(?!network(s)?-status$)/,
    /(^|\.)multus-cni\.io\//,
    /(^|\.)k8s\.ovn\.org\//,
    /(^|\.)ovn\.kubernetes\.io\//,
    /^cni\.projectcalico\.org\/(floatingIPs|allowedSourcePrefixes|ipAddrsNoIpam)$/,
    /^networking\.gke\.io\/(interfaces|default-interface)$/,
    /^(vpc\.amazonaws\.com\/|k8s\.amazonaws\.com\/)/,
    /^danm\.k8s\.io\//,
];

/** @throws what keeps one of them from being read, after all the others are judged */
export function* judgeAnnotations(path: string, annotations: Map): Iterable<Flaw> {
    const doubts: unknown[] = [];
    for (const name of Object.keys(annotations)) {
        try {
            yield* judgeAnnotation(path, name, annotations[name] ?? "");
        } catch (error) {
            doubts.push(error);
        }
    }
    if (doubts.length > 0) throw doubts[0] as Error;
}

function* judgeAnnotation(path: string, name: string, value: string): Iterable<Flaw> {
    const place = `${path}[${JSON.stringify(name)}]`;
    if (name === PROXY_CONFIG) {
        for (const wrong of judgeProxyConfig(parseProxyConfig(value, place)))
            yield { wrong: `${place} ${wrong}`, fix: "remove that field from it." };
    } else if (/^traffic\.sidecar\.istio\.io\/(in|ex)clude/.test(name)) {
        if (name.includes("/exclude") ? value === "" : value === ALL) return;
        yield {
            wrong: `${place} is ${JSON.stringify(value)}, so that traffic passes no sidecar`,
            fix: REMOVE,
        };
    } else if (name === "sidecar.istio.io/interceptionMode" && value === "NONE") {
        yield { wrong: `${place} is "NONE", so that traffic passes no sidecar`, fix: REMOVE };
    } else if (isIstios(name)) {
        const isHarmless =
            HARMLESS.some((known) => known.test(name)) || HARMLESS_VALUES[name]?.includes(value) === true;
        if (isHarmless) return;
        yield {
            wrong: `${place} is ${JSON.stringify(value)}, which changes the sidecar, its start or what it captures`,
            fix: REMOVE,
        };
    } else if (OTHER_NETWORKS.some((known) => known.test(name)) && value !== "") {
        yield {
            wrong: `${place} is ${JSON.stringify(value)}, which attaches the pod to a network that neither sidecars nor NetworkPolicies see`,
            fix: REMOVE,
        };
    }
}

/** Labels of the pod that its clients' proxies go by. */
export function* judgeLabels(path: string, labels: Map): Iterable<Flaw> {
    const said = text(labels["security.istio.io/tlsMode"]);
    if (said === undefined || said === "istio") return;
    yield {
        wrong: `${path}["security.istio.io/tlsMode"] is ${JSON.stringify(said)}, so clients' sidecars send it plain text`,
        fix: "remove it: the injector sets it.",
    };
}

/** Of Istio itself; `topology.istio.io` and the like are of nodes and Services. */
function isIstios(name: string): boolean {
    const domain = name.split("/", 1)[0] ?? "";
    return (
        ["istio.io", "inject.istio.io", "proxy.istio.io", "sidecar.istio.io", "ambient.istio.io"].includes(
            domain,
        ) ||
        domain.endsWith(".sidecar.istio.io") ||
        name === "prometheus.istio.io/merge-metrics"
    );
}
