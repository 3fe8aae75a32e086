import { EXCEPTIONS_SCHEMA, isExcepted, type Exception, NO_EXCEPTIONS } from "../../core/exceptions";
import { type Violation, objectRule } from "../../core/rule";
import { type Subject } from "../../core/subject";
import { firstAppContainer, type Pod, podsIn, WORKLOADS } from "../../core/workload";
import { textAt } from "../../core/read";

interface Config {
    readonly exceptions: readonly Exception[];
    readonly system: readonly string[];
}

/** Templates of Istio's injector that contain a proxy. */
const PROXIES: ReadonlySet<string> = new Set(["sidecar", "gateway"]);

export const noOptOut = objectRule<Config>({
    name: "injection-no-opt-out",
    area: "injection",
    title: "No workload disables its sidecar",
    severity: "critical",
    why: "a pod without a sidecar bypasses every policy of its namespace",
    remediation: 'Remove sidecar.istio.io/inject: "false" and hostNetwork from the pod template.',
    appliesTo: WORKLOADS,
    defaults: { ...NO_EXCEPTIONS, system: ["istio-system", "kube-system"] },
    schema: {
        exceptions: EXCEPTIONS_SCHEMA,
        system: {
            type: "array",
            items: { type: "string" },
            description: "namespaces outside the mesh, without injection",
        },
    },
    examples: {
        noncompliant: `
apiVersion: apps/v1
kind: Deployment
metadata: { name: carts, namespace: shop }
spec: { template: { metadata: { annotations: { sidecar.istio.io/inject: "false" } }, spec: { containers: [{ name: carts, image: "carts:1" }] } } }
`,
        compliant: `
apiVersion: apps/v1
kind: Deployment
metadata: { name: carts, namespace: shop }
spec: { template: { metadata: { labels: { app: carts } }, spec: { containers: [{ name: carts, image: "carts:1" }] } } }
`,
    },
    *evaluate(subject, config) {
        if (isExcepted(config, subject)) return;
        const isSystem = config.system.includes(subject.namespace);
        for (const pod of podsIn(subject)) yield* evaluatePod(subject, pod, isSystem);
    },
});

function* evaluatePod(subject: Subject, pod: Pod, isSystem: boolean): Iterable<Violation> {
    const { path, spec } = pod;
    // Without injection there is nothing to disable; hostNetwork is a violation everywhere.
    if (!isSystem) yield* evaluateInjection(subject, pod);
    if (textAt(spec, "hostNetwork") !== "true") return;
    yield {
        subject,
        problem: `${path}spec.hostNetwork is true, so its pods get no sidecar and share the node's network`,
        fix: "remove it, and publish the port with a Service or a gateway.",
    };
}

function* evaluateInjection(subject: Subject, pod: Pod): Iterable<Violation> {
    const { path, labels, annotations } = pod;
    for (const [kind, map] of [
        ["labels", labels],
        ["annotations", annotations],
    ] as const) {
        const injectValue = map["sidecar.istio.io/inject"];
        // Istio accepts the false values of YAML 1.1.
        if (
            injectValue === undefined ||
            !["false", "no", "off", "n", "0"].includes(injectValue.toLowerCase())
        )
            continue;
        yield {
            subject,
            problem: `${path}metadata.${kind}["sidecar.istio.io/inject"] is ${JSON.stringify(injectValue)}, so its pods get no sidecar`,
            fix: "remove it.",
        };
    }
    const templates = annotations["inject.istio.io/templates"];
    const names = (templates ?? "sidecar").split(",").map((name) => name.trim());
    const appContainer = firstAppContainer(pod);
    if (names.includes("gateway") && !names.includes("sidecar") && appContainer !== undefined) {
        yield {
            subject,
            problem: `${path}metadata.annotations["inject.istio.io/templates"] is ${JSON.stringify(templates)}: a gateway proxy does not capture the traffic of the container ${appContainer.name}`,
            fix: "remove it, or run no other containers in the gateway's pods.",
        };
    }
    if (templates !== undefined && !names.some((name) => PROXIES.has(name))) {
        yield {
            subject,
            problem: `${path}metadata.annotations["inject.istio.io/templates"] is ${JSON.stringify(templates)}, which includes no proxy template, so its pods get no sidecar`,
            fix: "remove it, or add `sidecar` to the templates.",
        };
    }
}
