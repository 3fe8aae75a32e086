import { EXCEPTIONS_SCHEMA, isExcepted, NO_EXCEPTIONS, type WithExceptions } from "../../core/exceptions";
import { isIstiod, MESH_CONFIG_HOLDERS, meshConfigsOf } from "../../core/mesh-config";
import { at, labelsAt, says, textAt } from "../../core/read";
import { type Finding, objectRule } from "../../core/rule";
import { type Subject } from "../../core/subject";
import { containersOf, type Pod, podOf, WORKLOADS } from "../../core/workload";
import { parseYaml } from "../../core/yaml";

/** The user that the proxy runs as: Istio's redirection leaves its traffic alone. */
const PROXY_USER = "1337";

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
        if (WORKLOADS.includes(subject.id)) {
            yield* judgePod(subject);
            return;
        }
        for (const { values, valuesPath } of meshConfigsOf(subject))
            yield* judgeValues(subject, values, valuesPath);
        if (subject.id !== "helm.sh/Release" || isIstiod(subject)) return;
        // Of Istio's gateway chart, and of many others.
        yield* judgeAnnotations(
            subject,
            "values.podAnnotations",
            labelsAt(subject.props, "values", "podAnnotations"),
        );
    },
});

function* judgePod(subject: Subject): Iterable<Finding> {
    const pod = podOf(subject);
    yield* judgeAnnotations(subject, `${pod.path}metadata.annotations`, pod.annotations);
    yield* judgeProxy(subject, pod);
    const contexts = [
        [`${pod.path}spec.securityContext`, at(pod.spec, "securityContext")] as const,
        ...containersOf(pod)
            .filter(({ name }) => name !== "istio-proxy" && name !== "istio-init")
            .map(({ path, fields }) => [`${path}.securityContext`, fields["securityContext"]] as const),
    ];
    for (const [path, context] of contexts) {
        for (const field of ["runAsUser", "runAsGroup"]) {
            if (textAt(context, field) !== PROXY_USER) continue;
            yield {
                subject,
                wrong: `${path}.${field} is ${PROXY_USER}, the proxy's own, whose traffic passes no sidecar`,
                fix: "choose another number.",
            };
        }
    }
}

/** Annotations that put something else in the proxy's place, or change its container. */
const OTHER_PROXY: ReadonlySet<string> = new Set([
    "proxy.istio.io/overrides",
    "sidecar.istio.io/bootstrapOverride",
    "sidecar.istio.io/proxyImage",
]);

/** A sidecar of the pod's own making, which need not be Istio's. */
function* judgeProxy(subject: Subject, pod: Pod): Iterable<Finding> {
    for (const { path, name, fields } of containersOf(pod)) {
        const image = textAt(fields, "image");
        if (name !== "istio-proxy" || image === undefined || image === "auto") continue;
        yield {
            subject,
            wrong: `${path} is named istio-proxy and has the image ${image}, which is then taken for the sidecar`,
            fix: "set its image to `auto`, or give the container another name.",
        };
    }
}

function* judgeAnnotations(
    subject: Subject,
    path: string,
    annotations: Readonly<Record<string, string>>,
): Iterable<Finding> {
    for (const [name, value] of Object.entries(annotations)) {
        const isExclusion = name.startsWith("traffic.sidecar.istio.io/exclude") && value !== "";
        const isPartial = name.startsWith("traffic.sidecar.istio.io/include") && value !== "*";
        const isOff = name === "sidecar.istio.io/interceptionMode" && value === "NONE";
        const isKubevirt = name.endsWith("/kubevirtInterfaces");
        if (
            name === "proxy.istio.io/config" &&
            textAt(parseYaml(value, `${path}[${JSON.stringify(name)}]`), "interceptionMode") === "NONE"
        ) {
            yield {
                subject,
                wrong: `${path}[${JSON.stringify(name)}] has interceptionMode NONE, so no traffic passes its sidecar`,
                fix: "remove interceptionMode from it.",
            };
        }
        if (OTHER_PROXY.has(name) && value !== "") {
            yield {
                subject,
                wrong: `${path}[${JSON.stringify(name)}] puts another proxy, or another's start, in the sidecar's place`,
                fix: "remove it, or list the workload under this policy's exceptions with a reason and an end date.",
            };
        }
        if (!isExclusion && !isPartial && !isOff && !isKubevirt) continue;
        yield {
            subject,
            wrong: `${path}[${JSON.stringify(name)}] is ${JSON.stringify(value)}, so that traffic passes no sidecar`,
            fix: "remove it, or list the workload under this policy's exceptions with a reason and an end date.",
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
