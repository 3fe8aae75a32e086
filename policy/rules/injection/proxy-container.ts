import { EXCEPTIONS_SCHEMA, isExcepted, NO_EXCEPTIONS, type WithExceptions } from "../../core/exceptions";
import {
    at,
    type Fields,
    fields as record,
    list,
    numberAt,
    says,
    text,
    textAt,
    texts,
} from "../../core/read";
import { objectRule } from "../../core/rule";
import { type Container, containersOf, type Pod, podsIn, WORKLOADS } from "../../core/workload";

/** What Istio's injector calls its own containers. One of the pod's with such a name is merged over the injected one. */
const INJECTED: ReadonlySet<string> = new Set([
    "istio-proxy",
    "istio-init",
    "istio-validation",
    "enable-core-dump",
]);

/** Fields that a pod may set of the proxy: they run nothing, mount nothing and give no power. */
const HARMLESS: ReadonlySet<string> = new Set([
    "image",
    "imagePullPolicy",
    "livenessProbe",
    "name",
    "ports",
    "readinessProbe",
    "resizePolicy",
    "resources",
    "restartPolicy",
    "securityContext",
    "startupProbe",
    "terminationMessagePath",
    "terminationMessagePolicy",
]);

/** Variables by which a gateway's proxy drains and reads the PROXY protocol on its status port. */
const HARMLESS_VARIABLES: ReadonlySet<string> = new Set([
    "ENVOY_STATUS_PORT_ENABLE_PROXY_PROTOCOL",
    "EXIT_ON_ZERO_ACTIVE_CONNECTIONS",
    "GOMAXPROCS",
    "GOMEMLIMIT",
    "MINIMUM_DRAIN_DURATION",
    "TERMINATION_DRAIN_DURATION_SECONDS",
]);

const PROXY_USER = 1337;

export const proxyContainer = objectRule<WithExceptions>({
    name: "injection-proxy-container",
    area: "injection",
    title: "No pod brings its own version of the containers that Istio injects",
    severity: "critical",
    why: "the injector merges a container of the same name over its own: its command then runs as the proxy's user, whose traffic nobody captures, or it replaces the capture itself",
    remedy: "Remove the containers named istio-proxy, istio-init and istio-validation; set the proxy's resources by annotations. A gateway's pod names istio-proxy with image `auto` and nothing else.",
    judges: WORKLOADS,
    defaults: NO_EXCEPTIONS,
    schema: { exceptions: EXCEPTIONS_SCHEMA },
    examples: {
        refused: `
apiVersion: v1
kind: Pod
metadata: { name: carts, namespace: shop }
spec:
  containers:
    - { name: carts, image: "carts:1" }
    - { name: istio-proxy, image: auto, command: [sh, -c, "sleep inf"] }
`,
        accepted: `
apiVersion: v1
kind: Pod
metadata: { name: ingress, namespace: shop, annotations: { inject.istio.io/templates: gateway } }
spec: { containers: [{ name: istio-proxy, image: auto, ports: [{ containerPort: 8443 }] }] }
`,
    },
    *judge(subject, config) {
        if (isExcepted(config, subject)) return;
        for (const pod of podsIn(subject)) {
            for (const container of containersOf(pod)) {
                if (!INJECTED.has(container.name)) continue;
                for (const wrong of flawsOf(container, pod)) {
                    yield {
                        subject,
                        wrong: `${container.path} is named ${container.name}, as the injector's own, and ${wrong}`,
                        fix: "remove the container or that field, or give the container another name.",
                    };
                }
            }
        }
    },
});

/** Whether a container is the injected proxy with nothing of its own, so that its user is Istio's business. */
export function isInjected(container: Container, pod: Pod): boolean {
    return INJECTED.has(container.name) && [...flawsOf(container, pod)].length === 0;
}

function* flawsOf({ name, path, fields }: Container, pod: Pod): Iterable<string> {
    const isProxy = name === "istio-proxy";
    if (!isProxy) {
        yield "replaces a step of the capture";
        return;
    }
    const image = textAt(fields, "image");
    if (image !== undefined && image !== "auto")
        yield `has the image ${image}, which is then taken for the sidecar`;
    for (const key of Object.keys(fields)) {
        if (HARMLESS.has(key) || key === "env") continue;
        if (says(fields[key])) yield `sets ${key} of it`;
    }
    for (const [index, variable] of list(fields["env"]).entries()) {
        const variableName = textAt(variable, "name") ?? String(index);
        if (HARMLESS_VARIABLES.has(variableName)) continue;
        yield `sets the variable ${variableName} of it`;
    }
    for (const probe of ["livenessProbe", "readinessProbe", "startupProbe"]) {
        if (says(at(fields[probe], "exec"))) yield `runs a command by ${probe}.exec`;
    }
    yield* powersOf(record(fields["securityContext"]));
    if (path.includes("ephemeralContainers")) yield "is added to a running pod";
    if (textAt(pod.spec, "shareProcessNamespace") === "true")
        yield "shares its processes with the other containers";
}

function* powersOf(context: Fields): Iterable<string> {
    if (text(context["privileged"]) === "true") yield "is privileged";
    if (text(context["allowPrivilegeEscalation"]) === "true") yield "may gain privileges";
    const user = numberAt(context, "runAsUser");
    if (user !== undefined && user !== PROXY_USER) yield `runs as ${user}`;
    const powers = texts(at(context, "capabilities", "add")).filter((power) => power !== "NET_BIND_SERVICE");
    if (powers.length > 0) yield `has the capabilities ${powers.join(", ")}`;
}
