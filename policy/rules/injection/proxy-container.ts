import { EXCEPTIONS_SCHEMA, isExcepted, NO_EXCEPTIONS, type WithExceptions } from "../../core/exceptions";
import {
    at,
    type Fields,
    fields as record,
    list,
    numberAt,
    isNonEmpty,
    text,
    textAt,
    texts,
} from "../../core/read";
import { objectRule } from "../../core/rule";
import { type Container, containersOf, type Pod, podsIn, WORKLOADS } from "../../core/workload";

/** Names of the injected containers. A container of the pod with such a name is merged over the injected one. */
const INJECTED: ReadonlySet<string> = new Set([
    "istio-proxy",
    "istio-init",
    "istio-validation",
    "enable-core-dump",
]);

/**
 * Volumes that the injector adds (`manifests/charts/istio-control/istio-discovery/files/injection-template.yaml`): the proxy's
 * token, key, certificates and sockets.
 */
const INJECTED_VOLUMES: ReadonlySet<string> = new Set([
    "credential-socket",
    "custom-bootstrap-volume",
    "gke-workload-certificate",
    "istio-ca-crl",
    "istio-data",
    "istio-envoy",
    "istio-podinfo",
    "istio-token",
    "istiod-ca-cert",
    "workload-certs",
    "workload-socket",
]);

/** Fields of the proxy that a pod may set: they run nothing, mount nothing and grant nothing. */
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

/** Variables for draining, and for the PROXY protocol on the status port of a gateway. */
const HARMLESS_VARIABLES: ReadonlySet<string> = new Set([
    "ENVOY_STATUS_PORT_ENABLE_PROXY_PROTOCOL",
    "EXIT_ON_ZERO_ACTIVE_CONNECTIONS",
    "GOMAXPROCS",
    "GOMEMLIMIT",
    "MINIMUM_DRAIN_DURATION",
    "TERMINATION_DRAIN_DURATION_SECONDS",
]);

const PROXY_USER = 1337;

const INJECT = "sidecar.istio.io/inject";

export const proxyContainer = objectRule<WithExceptions>({
    name: "injection-proxy-container",
    area: "injection",
    title: "No pod overrides the containers and volumes that Istio injects, or mounts these volumes",
    severity: "critical",
    why: "the injector merges a container of the same name over the injected one: its command then runs as the proxy's user, whose traffic is not captured, or it replaces the traffic capture itself. A volume of the same name replaces the roots that the proxy trusts, and a mounted one gives the application the proxy's token and key",
    remediation:
        "Remove the containers named istio-proxy, istio-init and istio-validation, and set the proxy's resources with annotations. The pod of a gateway contains istio-proxy with the image `auto` and nothing else.",
    appliesTo: WORKLOADS,
    defaults: NO_EXCEPTIONS,
    schema: { exceptions: EXCEPTIONS_SCHEMA },
    examples: {
        noncompliant: `
apiVersion: v1
kind: Pod
metadata: { name: carts, namespace: shop }
spec:
  containers:
    - { name: carts, image: "carts:1" }
    - { name: istio-proxy, image: auto, command: [sh, -c, "sleep inf"] }
`,
        compliant: `
apiVersion: v1
kind: Pod
metadata: { name: ingress, namespace: shop, annotations: { inject.istio.io/templates: gateway } }
spec: { containers: [{ name: istio-proxy, image: auto, ports: [{ containerPort: 8443 }] }] }
`,
    },
    *evaluate(subject, config) {
        if (isExcepted(config, subject)) return;
        for (const pod of podsIn(subject)) {
            for (const problem of volumeProblems(pod))
                yield { subject, problem, fix: "rename the volume, or remove the mount." };
            for (const container of containersOf(pod)) {
                const target = textAt(container.fields, "targetContainerName");
                if (target !== undefined && INJECTED.has(target))
                    yield {
                        subject,
                        problem: `${container.path}.targetContainerName is ${target}, so it sees the processes and files of the proxy`,
                        fix: "name a container of the application.",
                    };
                if (!INJECTED.has(container.name)) continue;
                for (const problem of problemsOf(container, pod)) {
                    yield {
                        subject,
                        problem: `${container.path} has the name of an injected container, ${container.name}, and ${problem}`,
                        fix: "remove the container or the field, or rename the container.",
                    };
                }
            }
        }
    },
});

/** Volumes with the names of injected ones, in pods that are injected. */
function* volumeProblems(pod: Pod): Iterable<string> {
    const optOut = pod.labels[INJECT] ?? pod.annotations[INJECT];
    if (optOut === "false") return;
    for (const [index, volume] of list(pod.spec["volumes"]).entries()) {
        const name = textAt(volume, "name") ?? "";
        if (INJECTED_VOLUMES.has(name))
            yield `${pod.path}spec.volumes[${index}] has the name of the injected volume ${name}, which it is merged into`;
    }
    for (const container of containersOf(pod)) {
        if (INJECTED.has(container.name)) continue;
        for (const [index, mount] of list(container.fields["volumeMounts"]).entries()) {
            const name = textAt(mount, "name") ?? "";
            if (INJECTED_VOLUMES.has(name))
                yield `${container.path}.volumeMounts[${index}] mounts the injected volume ${name} of the proxy`;
        }
    }
}

/** Whether a container is the injected proxy without overrides, so that Istio controls its user. */
export function isInjected(container: Container, pod: Pod): boolean {
    return INJECTED.has(container.name) && [...problemsOf(container, pod)].length === 0;
}

function* problemsOf({ name, path, fields }: Container, pod: Pod): Iterable<string> {
    const isProxy = name === "istio-proxy";
    if (!isProxy) {
        yield "replaces a step of the traffic capture";
        return;
    }
    const image = textAt(fields, "image");
    if (image !== undefined && image !== "auto") yield `has the image ${image}, which replaces the sidecar's`;
    for (const key of Object.keys(fields)) {
        if (HARMLESS.has(key) || key === "env") continue;
        if (isNonEmpty(fields[key])) yield `sets ${key}`;
    }
    for (const [index, variable] of list(fields["env"]).entries()) {
        const variableName = textAt(variable, "name") ?? String(index);
        if (HARMLESS_VARIABLES.has(variableName)) continue;
        yield `sets the variable ${variableName}`;
    }
    for (const probe of ["livenessProbe", "readinessProbe", "startupProbe"]) {
        if (isNonEmpty(at(fields[probe], "exec"))) yield `runs a command in ${probe}.exec`;
    }
    yield* privilegesOf(record(fields["securityContext"]));
    if (path.includes("ephemeralContainers")) yield "is added to a running pod";
    if (textAt(pod.spec, "shareProcessNamespace") === "true")
        yield "shares its process namespace with the other containers";
}

function* privilegesOf(context: Fields): Iterable<string> {
    if (text(context["privileged"]) === "true") yield "is privileged";
    if (text(context["allowPrivilegeEscalation"]) === "true") yield "can gain privileges";
    const user = numberAt(context, "runAsUser");
    if (user !== undefined && user !== PROXY_USER) yield `runs as ${user}`;
    const added = texts(at(context, "capabilities", "add")).filter((power) => power !== "NET_BIND_SERVICE");
    if (added.length > 0) yield `has the capabilities ${added.join(", ")}`;
}
