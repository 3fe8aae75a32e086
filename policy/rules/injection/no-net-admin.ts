import { EXCEPTIONS_SCHEMA, isExcepted, type Exception, NO_EXCEPTIONS } from "../../core/exceptions";
import { at, list, textAt, texts } from "../../core/read";
import { type Finding, objectRule } from "../../core/rule";
import { type Subject } from "../../core/subject";
import { containersOf, type Pod, podsIn, WORKLOADS } from "../../core/workload";

interface Config {
    readonly exceptions: readonly Exception[];
    readonly system: readonly string[];
}

/**
 * Capabilities by which a container changes neither the pod's network, nor its own user, nor another container. Every
 * other one is refused: SETUID and SETGID make an application the proxy's user, whose traffic nobody captures.
 */
const HARMLESS: ReadonlySet<string> = new Set([
    "AUDIT_WRITE",
    "CHOWN",
    "FSETID",
    "IPC_LOCK",
    "KILL",
    "LEASE",
    "NET_BIND_SERVICE",
    "SYS_NICE",
    "WAKE_ALARM",
]);

/** Kernel settings of the pod's network that move no traffic. */
const HARMLESS_SYSCTLS =
    /^(kernel\.shm|net\.core\.somaxconn$|net\.ipv4\.(ip_local_port_range|ip_unprivileged_port_start|ping_group_range|tcp_\w+)$)/;

export const noNetAdmin = objectRule<Config>({
    name: "injection-no-net-admin",
    area: "injection",
    title: "No container beside a sidecar can change the pod's network",
    severity: "critical",
    why: "a privileged container, or one with NET_ADMIN, removes the redirection to the sidecar with one command",
    remedy: "Drop all capabilities, and use istio-cni so that not even istio-init needs NET_ADMIN.",
    judges: WORKLOADS,
    defaults: { ...NO_EXCEPTIONS, system: ["kube-system"] },
    schema: {
        exceptions: EXCEPTIONS_SCHEMA,
        system: {
            type: "array",
            items: { type: "string" },
            description: "namespaces of the cluster's own workloads",
        },
    },
    examples: {
        refused: `
apiVersion: apps/v1
kind: Deployment
metadata: { name: carts, namespace: shop }
spec: { template: { spec: { containers: [{ name: carts, image: "carts:1", securityContext: { capabilities: { add: [NET_ADMIN] } } }] } } }
`,
        accepted: `
apiVersion: apps/v1
kind: Deployment
metadata: { name: carts, namespace: shop }
spec: { template: { spec: { containers: [{ name: carts, image: "carts:1", securityContext: { capabilities: { drop: [ALL] } } }] } } }
`,
    },
    *judge(subject, config) {
        if (config.system.includes(subject.namespace) || isExcepted(config, subject)) return;
        for (const pod of podsIn(subject)) yield* judgePod(subject, pod);
    },
});

function* judgePod(subject: Subject, pod: Pod): Iterable<Finding> {
    for (const { path, fields } of containersOf(pod)) {
        const context = fields["securityContext"];
        if (textAt(context, "privileged") === "true") {
            yield { subject, wrong: `${path}.securityContext.privileged is true`, fix: "remove it." };
        }
        const powers = texts(at(context, "capabilities", "add")).filter(
            (name) => !HARMLESS.has(name.toUpperCase().replace(/^CAP_/, "")),
        );
        if (powers.length > 0) {
            yield {
                subject,
                wrong: `${path}.securityContext.capabilities.add has ${powers.join(", ")}, with which the container can leave the mesh`,
                fix: "remove them.",
            };
        }
        const mount = textAt(context, "procMount");
        if (mount !== undefined && mount !== "Default") {
            yield {
                subject,
                wrong: `${path}.securityContext.procMount is ${mount}, so the container writes the kernel's settings`,
                fix: "remove it.",
            };
        }
        yield* aboutHost(subject, `${path}.securityContext`, context);
    }
    yield* aboutHost(subject, `${pod.path}spec.securityContext`, pod.spec["securityContext"]);
    for (const [index, sysctl] of list(at(pod.spec, "securityContext", "sysctls")).entries()) {
        const name = textAt(sysctl, "name") ?? "";
        if (!/^net[./]/.test(name) || HARMLESS_SYSCTLS.test(name.replaceAll("/", "."))) continue;
        yield {
            subject,
            wrong: `${pod.path}spec.securityContext.sysctls[${index}] sets ${name}, which changes how the pod's network routes`,
            fix: "remove it.",
        };
    }
    for (const field of ["hostPID", "hostIPC", "shareProcessNamespace"]) {
        if (textAt(pod.spec, field) !== "true") continue;
        yield {
            subject,
            wrong: `${pod.path}spec.${field} is true, so the container reaches processes beyond its own`,
            fix: "remove it.",
        };
    }
}

/** Windows' way to run on the node itself, and SELinux' type that confines nothing. */
function* aboutHost(subject: Subject, path: string, context: unknown): Iterable<Finding> {
    const wrong = [
        textAt(context, "windowsOptions", "hostProcess") === "true"
            ? "windowsOptions.hostProcess is true"
            : "",
        textAt(context, "seLinuxOptions", "type") === "spc_t" ? "seLinuxOptions.type is spc_t" : "",
    ].filter(Boolean);
    if (wrong.length === 0) return;
    yield { subject, wrong: `${path}.${wrong.join(", ")}: it runs as the node does`, fix: "remove it." };
}
