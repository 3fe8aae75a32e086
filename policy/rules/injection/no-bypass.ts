import { EXCEPTIONS_SCHEMA, isExcepted, NO_EXCEPTIONS, type WithExceptions } from "../../core/exceptions";
import { injectorValuesOf } from "../../core/injector";
import { isIstiod, MESH_CONFIG_HOLDERS, meshConfigsOf } from "../../core/mesh-config";
import { at, labelsAt, list, numberAt, isNonEmpty, textAt, texts } from "../../core/read";
import { type Violation, objectRule } from "../../core/rule";
import { type Subject } from "../../core/subject";
import { containersOf, isWorkload, type Pod, podsIn, WORKLOADS } from "../../core/workload";
import { evaluateAnnotations, evaluateLabels } from "./annotations";
import { isInjected } from "./proxy-container";

/** The proxy's user, whose traffic Istio does not capture. */
const PROXY_USER = 1337;

/** Names that only the cluster's DNS resolves. */
const IN_CLUSTER = /\.svc$|\.local$|\.svc\./;

/**
 * Fields of `global.proxy` in istiod's values that exclude traffic from every sidecar, each with the value
 * that includes everything.
 */
const PROXY_VALUES: Readonly<Record<string, string | undefined>> = {
    excludeIPRanges: undefined,
    excludeInboundPorts: undefined,
    excludeOutboundPorts: undefined,
    includeIPRanges: "*",
    includeInboundPorts: "*",
};

export const noBypass = objectRule<WithExceptions>({
    name: "injection-no-bypass",
    area: "injection",
    title: "All traffic of a pod passes through its sidecar",
    severity: "critical",
    why: "an excluded port or IP range bypasses the mesh, although the pod seems to be in it",
    remediation: "Remove the traffic.sidecar.istio.io annotations, and do not run containers as user 1337.",
    appliesTo: [...WORKLOADS, ...MESH_CONFIG_HOLDERS],
    defaults: NO_EXCEPTIONS,
    schema: { exceptions: EXCEPTIONS_SCHEMA },
    examples: {
        noncompliant: `
apiVersion: apps/v1beta1
kind: Deployment
metadata: { name: carts, namespace: shop }
spec: { template: { metadata: { annotations: { traffic.sidecar.istio.io/excludeInboundPorts: "9000" } }, spec: { containers: [] } } }
`,
        compliant: `
apiVersion: apps/v1
kind: Deployment
metadata: { name: carts, namespace: shop }
spec: { template: { metadata: { annotations: { traffic.sidecar.istio.io/includeOutboundIPRanges: "*" } }, spec: { containers: [] } } }
`,
    },
    *evaluate(subject, config) {
        if (isExcepted(config, subject)) return;
        if (isWorkload(subject)) {
            for (const pod of podsIn(subject)) yield* evaluatePod(subject, pod);
            return;
        }
        for (const { values, valuesPath } of meshConfigsOf(subject))
            yield* evaluateValues(subject, values, valuesPath);
        yield* evaluateValues(subject, injectorValuesOf(subject), "data.values");
        if (subject.id !== "helm.sh/Release" || isIstiod(subject)) return;
        // A value of Istio's gateway chart and of many other charts.
        const annotations = labelsAt(subject.props, "values", "podAnnotations");
        for (const problem of evaluateAnnotations("values.podAnnotations", annotations))
            yield { subject, ...problem };
    },
});

function* evaluatePod(subject: Subject, pod: Pod): Iterable<Violation> {
    yield* evaluateUser(subject, pod);
    for (const problem of evaluateLabels(`${pod.path}metadata.labels`, pod.labels))
        yield { subject, ...problem };
    for (const problem of evaluateAnnotations(`${pod.path}metadata.annotations`, pod.annotations))
        yield { subject, ...problem };
    yield* evaluateHostAliases(subject, pod);
}

/** The proxy's user and group, in every field that sets them for a container. */
function* evaluateUser(subject: Subject, pod: Pod): Iterable<Violation> {
    const contexts = [
        [`${pod.path}spec.securityContext`, at(pod.spec, "securityContext")] as const,
        ...containersOf(pod)
            .filter((container) => !isInjected(container, pod))
            .map(({ path, fields }) => [`${path}.securityContext`, fields["securityContext"]] as const),
    ];
    for (const [path, context] of contexts) {
        const groups = list(at(context, "supplementalGroups")).map((group) => [
            "supplementalGroups",
            numberAt({ group }, "group"),
        ]);
        const single = ["runAsUser", "runAsGroup", "fsGroup"].map((field) => [
            field,
            numberAt(context, field),
        ]);
        for (const [field, id] of [...single, ...groups]) {
            if (id !== PROXY_USER) continue;
            yield {
                subject,
                problem: `${path}.${String(field)} is ${PROXY_USER}, the ID of the proxy, whose traffic bypasses the sidecar`,
                fix: "use another ID.",
            };
        }
    }
}

/** Host names of the mesh with another address are resolved before the sidecar sees the request. */
function* evaluateHostAliases(subject: Subject, pod: Pod): Iterable<Violation> {
    for (const [index, alias] of list(pod.spec["hostAliases"]).entries()) {
        const inside = texts(at(alias, "hostnames")).filter(
            (name) => !name.includes(".") || IN_CLUSTER.test(name),
        );
        const [name] = inside.filter((host) => host !== "localhost");
        if (name === undefined) continue;
        yield {
            subject,
            problem: `${pod.path}spec.hostAliases[${index}] resolves ${name} to ${textAt(alias, "ip") ?? "another address"}, which bypasses the mesh`,
            fix: "remove it, and use a Service or a ServiceEntry.",
        };
    }
}

function* evaluateValues(subject: Subject, values: unknown, valuesPath: string): Iterable<Violation> {
    const proxy = at(values, "global", "proxy");
    for (const [field, all] of Object.entries(PROXY_VALUES)) {
        const value = textAt(proxy, field);
        // An empty include list excludes everything.
        const isOpen = all === undefined ? isNonEmpty(value) : value !== undefined && value !== all;
        if (!isOpen) continue;
        yield {
            subject,
            problem: `${valuesPath}.global.proxy.${field} is ${JSON.stringify(value)}, so in every pod that traffic bypasses the sidecar`,
            fix: "remove it. If one workload needs it, annotate that workload and add it to the exceptions.",
        };
    }
    if (textAt(proxy, "privileged") !== "true") return;
    yield {
        subject,
        problem: `${valuesPath}.global.proxy.privileged is true`,
        fix: "remove it and use istio-cni.",
    };
}
