import { EXCEPTIONS_SCHEMA, isExcepted, type Exception, NO_EXCEPTIONS } from "../../core/exceptions";
import { at, list, textAt, texts } from "../../core/read";
import { type Violation, objectRule } from "../../core/rule";
import { type Subject } from "../../core/subject";
import { containersOf, type Pod, podsIn, WORKLOADS } from "../../core/workload";

interface Config {
    readonly exceptions: readonly Exception[];
    readonly system: readonly string[];
}

/**
 * Capabilities with which a container can change neither the pod's network, nor its user, nor another
 * container. All others are violations: with SETUID and SETGID, an application can become the proxy's user,
 * whose traffic is not captured.
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

/** Kernel settings of the pod's network that do not redirect traffic. */
const HARMLESS_SYSCTLS =
    /^(kernel\.shm|net\.core\.somaxconn$|net\.ipv4\.(ip_local_port_range|ip_unprivileged_port_start|ping_group_range|tcp_\w+)$)/;

export const noNetAdmin = objectRule<Config>({
    name: "injection-no-net-admin",
    area: "injection",
    title: "No container next to a sidecar can change the pod's network",
    severity: "critical",
    why: "a privileged container, or one with NET_ADMIN, can remove the redirection to the sidecar with one command",
    remediation:
        "Drop all capabilities, and use istio-cni so that istio-init does not need NET_ADMIN either.",
    appliesTo: WORKLOADS,
    defaults: { ...NO_EXCEPTIONS, system: ["kube-system"] },
    schema: {
        exceptions: EXCEPTIONS_SCHEMA,
        system: {
            type: "array",
            items: { type: "string" },
            description: "namespaces of the cluster's system workloads",
        },
    },
    examples: {
        noncompliant: `
apiVersion: apps/v1
kind: Deployment
metadata: { name: carts, namespace: shop }
spec: { template: { spec: { containers: [{ name: carts, image: "carts:1", securityContext: { capabilities: { add: [NET_ADMIN] } } }] } } }
`,
        compliant: `
apiVersion: apps/v1
kind: Deployment
metadata: { name: carts, namespace: shop }
spec: { template: { spec: { containers: [{ name: carts, image: "carts:1", securityContext: { capabilities: { drop: [ALL] } } }] } } }
`,
    },
    *evaluate(subject, config) {
        if (config.system.includes(subject.namespace) || isExcepted(config, subject)) return;
        for (const pod of podsIn(subject)) yield* evaluatePod(subject, pod);
    },
});

function* evaluatePod(subject: Subject, pod: Pod): Iterable<Violation> {
    for (const { path, fields } of containersOf(pod)) {
        const context = fields["securityContext"];
        if (textAt(context, "privileged") === "true") {
            yield { subject, problem: `${path}.securityContext.privileged is true`, fix: "remove it." };
        }
        const added = texts(at(context, "capabilities", "add")).filter(
            (name) => !HARMLESS.has(name.toUpperCase().replace(/^CAP_/, "")),
        );
        if (added.length > 0) {
            yield {
                subject,
                problem: `${path}.securityContext.capabilities.add has ${added.join(", ")}, with which the container can bypass the mesh`,
                fix: "remove them.",
            };
        }
        const mount = textAt(context, "procMount");
        if (mount !== undefined && mount !== "Default") {
            yield {
                subject,
                problem: `${path}.securityContext.procMount is ${mount}, so the container can change kernel settings`,
                fix: "remove it.",
            };
        }
        yield* evaluateHostAccess(subject, `${path}.securityContext`, context);
    }
    yield* evaluateHostAccess(subject, `${pod.path}spec.securityContext`, pod.spec["securityContext"]);
    for (const [index, sysctl] of list(at(pod.spec, "securityContext", "sysctls")).entries()) {
        const name = textAt(sysctl, "name") ?? "";
        if (!/^net[./]/.test(name) || HARMLESS_SYSCTLS.test(name.replaceAll("/", "."))) continue;
        yield {
            subject,
            problem: `${pod.path}spec.securityContext.sysctls[${index}] sets ${name}, which changes the routing of the pod's network`,
            fix: "remove it.",
        };
    }
    for (const field of ["hostPID", "hostIPC", "shareProcessNamespace"]) {
        if (textAt(pod.spec, field) !== "true") continue;
        yield {
            subject,
            problem: `${pod.path}spec.${field} is true, so the container can access processes of other containers`,
            fix: "remove it.",
        };
    }
}

/** Windows host process containers, and the SELinux type without restrictions. */
function* evaluateHostAccess(subject: Subject, path: string, context: unknown): Iterable<Violation> {
    const problem = [
        textAt(context, "windowsOptions", "hostProcess") === "true"
            ? "windowsOptions.hostProcess is true"
            : "",
        textAt(context, "seLinuxOptions", "type") === "spc_t" ? "seLinuxOptions.type is spc_t" : "",
    ].filter(Boolean);
    if (problem.length === 0) return;
    yield {
        subject,
        problem: `${path}.${problem.join(", ")}: the container runs with the privileges of the node`,
        fix: "remove it.",
    };
}
