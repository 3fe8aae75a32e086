import { EXCEPTIONS_SCHEMA, isExcepted, NO_EXCEPTIONS, type WithExceptions } from "../../core/exceptions";
import { injectorValuesOf } from "../../core/injector";
import { isIstiod, MESH_CONFIG_HOLDERS, meshConfigsOf } from "../../core/mesh-config";
import { at, labelsAt, list, numberAt, says, textAt, texts } from "../../core/read";
import { type Finding, objectRule } from "../../core/rule";
import { type Subject } from "../../core/subject";
import { containersOf, isWorkload, type Pod, podsIn, WORKLOADS } from "../../core/workload";
import { judgeAnnotations, judgeLabels } from "./annotations";
import { isInjected } from "./proxy-container";

/** The user that the proxy runs as: Istio's redirection leaves its traffic alone. */
const PROXY_USER = 1337;

/** Names that only the cluster's DNS answers. */
const IN_CLUSTER = /\.svc$|\.local$|\.svc\./;

/** Fields of `global.proxy` in istiod's values that take traffic past every sidecar, with what means "all of it". */
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
    title: "All traffic of a pod passes its sidecar",
    severity: "critical",
    why: "a port or a range that is left out of the redirection is outside the mesh, though the pod looks as if it were in it",
    remedy: "Remove the traffic.sidecar.istio.io annotations, and run containers as another user than 1337.",
    judges: [...WORKLOADS, ...MESH_CONFIG_HOLDERS],
    defaults: NO_EXCEPTIONS,
    schema: { exceptions: EXCEPTIONS_SCHEMA },
    examples: {
        refused: `
apiVersion: apps/v1beta1
kind: Deployment
metadata: { name: carts, namespace: shop }
spec: { template: { metadata: { annotations: { traffic.sidecar.istio.io/excludeInboundPorts: "9000" } }, spec: { containers: [] } } }
`,
        accepted: `
apiVersion: apps/v1
kind: Deployment
metadata: { name: carts, namespace: shop }
spec: { template: { metadata: { annotations: { traffic.sidecar.istio.io/includeOutboundIPRanges: "*" } }, spec: { containers: [] } } }
`,
    },
    *judge(subject, config) {
        if (isExcepted(config, subject)) return;
        if (isWorkload(subject)) {
            for (const pod of podsIn(subject)) yield* judgePod(subject, pod);
            return;
        }
        for (const { values, valuesPath } of meshConfigsOf(subject))
            yield* judgeValues(subject, values, valuesPath);
        yield* judgeValues(subject, injectorValuesOf(subject), "data.values");
        if (subject.id !== "helm.sh/Release" || isIstiod(subject)) return;
        // Of Istio's gateway chart, and of many others.
        const annotations = labelsAt(subject.props, "values", "podAnnotations");
        for (const flaw of judgeAnnotations("values.podAnnotations", annotations)) yield { subject, ...flaw };
    },
});

function* judgePod(subject: Subject, pod: Pod): Iterable<Finding> {
    yield* aboutUser(subject, pod);
    for (const flaw of judgeLabels(`${pod.path}metadata.labels`, pod.labels)) yield { subject, ...flaw };
    for (const flaw of judgeAnnotations(`${pod.path}metadata.annotations`, pod.annotations))
        yield { subject, ...flaw };
    yield* aboutHosts(subject, pod);
}

/** The proxy's user and group, in whichever field a container can get them. */
function* aboutUser(subject: Subject, pod: Pod): Iterable<Finding> {
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
                wrong: `${path}.${String(field)} is ${PROXY_USER}, the proxy's own, whose traffic passes no sidecar`,
                fix: "choose another number.",
            };
        }
    }
}

/** Names of the mesh that lead to another address are resolved before the sidecar sees them. */
function* aboutHosts(subject: Subject, pod: Pod): Iterable<Finding> {
    for (const [index, alias] of list(pod.spec["hostAliases"]).entries()) {
        const inside = texts(at(alias, "hostnames")).filter(
            (name) => !name.includes(".") || IN_CLUSTER.test(name),
        );
        const [name] = inside.filter((host) => host !== "localhost");
        if (name === undefined) continue;
        yield {
            subject,
            wrong: `${pod.path}spec.hostAliases[${index}] leads ${name} to ${textAt(alias, "ip") ?? "another address"}, past what the mesh knows of it`,
            fix: "remove it, and use a Service or a ServiceEntry.",
        };
    }
}

function* judgeValues(subject: Subject, values: unknown, valuesPath: string): Iterable<Finding> {
    const proxy = at(values, "global", "proxy");
    for (const [field, all] of Object.entries(PROXY_VALUES)) {
        const value = textAt(proxy, field);
        // An empty list of what to include is none of it.
        const isOpen = all === undefined ? says(value) : value !== undefined && value !== all;
        if (!isOpen) continue;
        yield {
            subject,
            wrong: `${valuesPath}.global.proxy.${field} is ${JSON.stringify(value)}, so in every pod that traffic passes no sidecar`,
            fix: "remove it; where one workload needs it, annotate that workload and list it as an exception.",
        };
    }
    if (textAt(proxy, "privileged") !== "true") return;
    yield {
        subject,
        wrong: `${valuesPath}.global.proxy.privileged is true`,
        fix: "remove it: use istio-cni.",
    };
}
