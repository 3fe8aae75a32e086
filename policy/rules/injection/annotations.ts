/** Labels and annotations of pods that control injection, traffic capture and attached networks. */
import { text } from "../../core/read";
import { PROXY_CONFIG, parseProxyConfig } from "../../core/proxy-config";
import { evaluateProxyConfig } from "./proxy-config";

type Map = Readonly<Record<string, string>>;

export interface AnnotationProblem {
    /** `metadata.annotations["…"]` and its problem. */
    readonly problem: string;
    readonly fix: string;
}

const REMOVE = "remove it, or add the workload to this policy's exceptions with a reason and an end date.";

/**
 * Istio's annotations that a pod may set (istio.io/api, annotation/annotations.yaml, of 1.31): resources,
 * logs, statistics and probes of the proxy. Every other one is a violation, since it changes the proxy, its
 * control plane or its traffic capture.
 */
const HARMLESS: readonly RegExp[] = [
    /^sidecar\.istio\.io\/(proxy(CPU|Memory)(Limit)?|(agentLog|componentLog|log)Level|extraStatTags)$/,
    /^sidecar\.istio\.io\/stats(Compression|EvictionInterval|HistogramBuckets|Inclusion(Prefixes|Regexps|Suffixes))$/,
    /^readiness\.status\.sidecar\.istio\.io\//,
    /^prometheus\.istio\.io\/merge-metrics$/,
    /^(inject\.istio\.io\/templates|sidecar\.istio\.io\/inject)$/, // evaluated by injection-no-opt-out
];

/** Annotations of which only some values are allowed. */
const HARMLESS_VALUES: Readonly<Record<string, readonly string[]>> = {
    "sidecar.istio.io/interceptionMode": ["REDIRECT", "TPROXY"],
    "sidecar.istio.io/nativeSidecar": ["true"],
    "sidecar.istio.io/proxyImageType": ["", "debug", "default", "distroless"],
    "sidecar.istio.io/rewriteAppHTTPProbers": ["true"],
    "sidecar.istio.io/enableCoreDump": ["false"],
    "status.sidecar.istio.io/port": ["15020"],
};

/** This value includes all traffic. */
const ALL = "*";

/** Annotations of network plugins that attach a pod to another network, or give it an external address. */
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

/** @throws the first error of an annotation that cannot be read, after all others were evaluated */
export function* evaluateAnnotations(path: string, annotations: Map): Iterable<AnnotationProblem> {
    const errors: unknown[] = [];
    for (const name of Object.keys(annotations)) {
        try {
            yield* evaluateAnnotation(path, name, annotations[name] ?? "");
        } catch (error) {
            errors.push(error);
        }
    }
    if (errors.length > 0) throw errors[0] as Error;
}

function* evaluateAnnotation(path: string, name: string, value: string): Iterable<AnnotationProblem> {
    const place = `${path}[${JSON.stringify(name)}]`;
    if (name === PROXY_CONFIG) {
        for (const problem of evaluateProxyConfig(parseProxyConfig(value, place)))
            yield { problem: `${place} ${problem}`, fix: "remove that field from it." };
    } else if (/^traffic\.sidecar\.istio\.io\/(in|ex)clude/.test(name)) {
        if (name.includes("/exclude") ? value === "" : value === ALL) return;
        yield {
            problem: `${place} is ${JSON.stringify(value)}, so that traffic bypasses the sidecar`,
            fix: REMOVE,
        };
    } else if (name === "sidecar.istio.io/interceptionMode" && value === "NONE") {
        yield { problem: `${place} is "NONE", so traffic bypasses the sidecar`, fix: REMOVE };
    } else if (isIstioAnnotation(name)) {
        const isHarmless =
            HARMLESS.some((known) => known.test(name)) || HARMLESS_VALUES[name]?.includes(value) === true;
        if (isHarmless) return;
        yield {
            problem: `${place} is ${JSON.stringify(value)}, which changes the sidecar, its startup or its traffic capture`,
            fix: REMOVE,
        };
    } else if (OTHER_NETWORKS.some((known) => known.test(name)) && value !== "") {
        yield {
            problem: `${place} is ${JSON.stringify(value)}, which attaches the pod to a network without sidecars and NetworkPolicies`,
            fix: REMOVE,
        };
    }
}

/** Pod labels that its clients' proxies read. */
export function* evaluateLabels(path: string, labels: Map): Iterable<AnnotationProblem> {
    const tlsModeLabel = text(labels["security.istio.io/tlsMode"]);
    if (tlsModeLabel === undefined || tlsModeLabel === "istio") return;
    yield {
        problem: `${path}["security.istio.io/tlsMode"] is ${JSON.stringify(tlsModeLabel)}, so clients' sidecars send it plain text`,
        fix: "remove it: the injector sets it.",
    };
}

/** Whether an annotation controls the proxy; `topology.istio.io` and others are for nodes and Services. */
function isIstioAnnotation(name: string): boolean {
    const domain = name.split("/", 1)[0] ?? "";
    return (
        ["istio.io", "inject.istio.io", "proxy.istio.io", "sidecar.istio.io", "ambient.istio.io"].includes(
            domain,
        ) ||
        domain.endsWith(".sidecar.istio.io") ||
        name === "prometheus.istio.io/merge-metrics"
    );
}
