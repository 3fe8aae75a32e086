import { EXCEPTIONS_SCHEMA, isExcepted, type Exception, NO_EXCEPTIONS } from "../../core/exceptions";
import { at, textAt, texts } from "../../core/read";
import { objectRule } from "../../core/rule";
import { containersOf, podOf, WORKLOADS } from "../../core/workload";

interface Config {
    readonly exceptions: readonly Exception[];
    readonly system: readonly string[];
}

/** With these a container changes the pod's network, or another container's memory. */
const POWERS: ReadonlySet<string> = new Set([
    "ALL",
    "BPF",
    "NET_ADMIN",
    "NET_RAW",
    "SYS_ADMIN",
    "SYS_MODULE",
    "SYS_PTRACE",
]);

export const noNetAdmin = objectRule<Config>({
    name: "injection-no-net-admin",
    area: "injection",
    title: "No container beside a sidecar can change the pod's network",
    severity: "critical",
    why: "a privileged container, or one with NET_ADMIN, removes the redirection to the sidecar with one command",
    remedy: "Drop all capabilities, and use istio-cni so that not even istio-init needs NET_ADMIN.",
    judges: WORKLOADS,
    defaults: { ...NO_EXCEPTIONS, system: ["istio-system", "kube-system"] },
    schema: {
        exceptions: EXCEPTIONS_SCHEMA,
        system: {
            type: "array",
            items: { type: "string" },
            description: "namespaces that are not in the mesh",
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
        const pod = podOf(subject);
        for (const { path, fields } of containersOf(pod)) {
            const context = fields["securityContext"];
            if (textAt(context, "privileged") === "true") {
                yield { subject, wrong: `${path}.securityContext.privileged is true`, fix: "remove it." };
            }
            const powers = texts(at(context, "capabilities", "add")).filter((name) =>
                POWERS.has(name.toUpperCase().replace(/^CAP_/, "")),
            );
            if (powers.length === 0) continue;
            yield {
                subject,
                wrong: `${path}.securityContext.capabilities.add has ${powers.join(", ")}, with which the container can leave the mesh`,
                fix: "remove them.",
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
    },
});
