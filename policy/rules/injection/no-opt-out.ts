import { EXCEPTIONS_SCHEMA, isExcepted, type Exception, NO_EXCEPTIONS } from "../../core/exceptions";
import { type Finding, objectRule } from "../../core/rule";
import { type Subject } from "../../core/subject";
import { besideProxy, type Pod, podsIn, WORKLOADS } from "../../core/workload";
import { textAt } from "../../core/read";

interface Config {
    readonly exceptions: readonly Exception[];
    readonly system: readonly string[];
}

/** Templates of Istio's injector that bring a proxy. */
const PROXIES: ReadonlySet<string> = new Set(["sidecar", "gateway"]);

export const noOptOut = objectRule<Config>({
    name: "injection-no-opt-out",
    area: "injection",
    title: "No workload opts out of its sidecar",
    severity: "critical",
    why: "one pod without a sidecar is a way around every policy of its namespace",
    remedy: 'Remove sidecar.istio.io/inject: "false" and hostNetwork from the pod\'s template.',
    judges: WORKLOADS,
    defaults: { ...NO_EXCEPTIONS, system: ["istio-system", "kube-system"] },
    schema: {
        exceptions: EXCEPTIONS_SCHEMA,
        system: {
            type: "array",
            items: { type: "string" },
            description: "namespaces that are not in the mesh: nothing is injected there",
        },
    },
    examples: {
        refused: `
apiVersion: apps/v1
kind: Deployment
metadata: { name: carts, namespace: shop }
spec: { template: { metadata: { annotations: { sidecar.istio.io/inject: "false" } }, spec: { containers: [{ name: carts, image: "carts:1" }] } } }
`,
        accepted: `
apiVersion: apps/v1
kind: Deployment
metadata: { name: carts, namespace: shop }
spec: { template: { metadata: { labels: { app: carts } }, spec: { containers: [{ name: carts, image: "carts:1" }] } } }
`,
    },
    *judge(subject, config) {
        if (isExcepted(config, subject)) return;
        const isSystem = config.system.includes(subject.namespace);
        for (const pod of podsIn(subject)) yield* judgePod(subject, pod, isSystem);
    },
});

function* judgePod(subject: Subject, pod: Pod, isSystem: boolean): Iterable<Finding> {
    const { path, spec } = pod;
    // Where nothing is injected nobody can opt out; the node's network is the same everywhere.
    if (!isSystem) yield* aboutInjection(subject, pod);
    if (textAt(spec, "hostNetwork") !== "true") return;
    yield {
        subject,
        wrong: `${path}spec.hostNetwork is true, so its pods get no sidecar and share the node's network`,
        fix: "remove it, and publish the port by a Service or a gateway.",
    };
}

function* aboutInjection(subject: Subject, pod: Pod): Iterable<Finding> {
    const { path, labels, annotations } = pod;
    for (const [kind, map] of [
        ["labels", labels],
        ["annotations", annotations],
    ] as const) {
        const said = map["sidecar.istio.io/inject"];
        // Istio takes what a YAML 1.1 reader would take for no.
        if (said === undefined || !["false", "no", "off", "n", "0"].includes(said.toLowerCase())) continue;
        yield {
            subject,
            wrong: `${path}metadata.${kind}["sidecar.istio.io/inject"] is ${JSON.stringify(said)}, so its pods get no sidecar`,
            fix: "remove it.",
        };
    }
    const templates = annotations["inject.istio.io/templates"];
    const names = (templates ?? "sidecar").split(",").map((name) => name.trim());
    const beside = besideProxy(pod);
    if (names.includes("gateway") && !names.includes("sidecar") && beside !== undefined) {
        yield {
            subject,
            wrong: `${path}metadata.annotations["inject.istio.io/templates"] is ${JSON.stringify(templates)}: a gateway's proxy takes nothing of what ${beside.name} beside it sends and gets`,
            fix: "remove it, or let the gateway's pods run nothing else.",
        };
    }
    if (templates !== undefined && !names.some((name) => PROXIES.has(name))) {
        yield {
            subject,
            wrong: `${path}metadata.annotations["inject.istio.io/templates"] is ${JSON.stringify(templates)}, which names no template of a proxy, so its pods get none`,
            fix: "remove it, or name `sidecar` among the templates.",
        };
    }
}
