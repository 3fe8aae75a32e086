import {
    EXCEPTION_FIELDS,
    EXCEPTIONS_SCHEMA,
    type Exception,
    holds,
    isExcepted,
    NO_EXCEPTIONS,
} from "../../core/exceptions";
import { at, fields as record, list, textAt, texts } from "../../core/read";
import { objectRule } from "../../core/rule";
import { type Subject } from "../../core/subject";
import { containersOf, type Pod, podOf, WORKLOADS } from "../../core/workload";

interface Config {
    readonly exceptions: readonly Exception[];
    readonly system: readonly string[];
    readonly hostPaths: readonly HostPath[];
}

interface HostPath extends Pick<Exception, "reason" | "until"> {
    readonly namespace: string;
    /** Of the workload. */
    readonly name: string;
    readonly path: string;
}

export const nonRoot = objectRule<Config>({
    name: "workloads-non-root",
    area: "workloads",
    title: "Containers run as somebody, without powers and without the node's files",
    severity: "medium",
    why: "whoever breaks into a container that runs as root is a step away from the node, and with it from every identity there",
    remedy: "Set runAsNonRoot, allowPrivilegeEscalation: false, capabilities.drop: [ALL] and a seccompProfile; mount no hostPath.",
    judges: WORKLOADS,
    defaults: { ...NO_EXCEPTIONS, system: ["istio-system", "kube-system"], hostPaths: [] },
    schema: {
        exceptions: EXCEPTIONS_SCHEMA,
        system: {
            type: "array",
            items: { type: "string" },
            description: "namespaces of the cluster's own workloads",
        },
        hostPaths: {
            type: "array",
            description:
                "folders of the node that a workload may mount read-only, such as a log shipper's /var/log",
            items: {
                type: "object",
                additionalProperties: false,
                required: ["namespace", "name", "path", "reason", "until"],
                properties: {
                    namespace: { type: "string" },
                    name: { type: "string", description: "of the workload" },
                    path: { type: "string", pattern: "^/var/(log|lib/[^/]+/containers)(/[^.].*)?$" },
                    ...EXCEPTION_FIELDS,
                },
            },
        },
    },
    examples: {
        refused: `
apiVersion: v1
kind: Pod
metadata: { name: carts, namespace: shop }
spec: { containers: [{ name: carts, image: "carts:1" }] }
`,
        accepted: `
apiVersion: v1
kind: Pod
metadata: { name: carts, namespace: shop }
spec:
  securityContext: { runAsNonRoot: true, seccompProfile: { type: RuntimeDefault } }
  containers: [{ name: carts, image: "carts:1", securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: [ALL] } } }]
`,
    },
    *judge(subject, config) {
        if (subject.isPatch || config.system.includes(subject.namespace) || isExcepted(config, subject))
            return;
        const pod = podOf(subject);
        const shared = pod.spec["securityContext"];
        for (const { path, fields } of containersOf(pod)) {
            if (fields["image"] === "auto") continue;
            const own = fields["securityContext"];
            const either = (...field: string[]): string | undefined =>
                textAt(own, ...field) ?? textAt(shared, ...field);
            const wrong = [
                either("runAsNonRoot") === "true" ? "" : "runAsNonRoot is not true",
                either("runAsUser") === "0" ? "runAsUser is 0" : "",
                textAt(own, "allowPrivilegeEscalation") === "false"
                    ? ""
                    : "allowPrivilegeEscalation is not false",
                texts(at(own, "capabilities", "drop")).includes("ALL") ? "" : "capabilities.drop has not ALL",
                ["RuntimeDefault", "Localhost"].includes(either("seccompProfile", "type") ?? "")
                    ? ""
                    : "seccompProfile is not RuntimeDefault",
            ].filter(Boolean);
            if (wrong.length === 0) continue;
            yield {
                subject,
                wrong: `${path}.securityContext: ${wrong.join(", ")}`,
                fix: "set them so; what holds for all containers can stand at the pod.",
            };
        }
        const mounted = list(pod.spec["volumes"]).filter(
            (volume) => record(volume)["hostPath"] !== undefined,
        );
        for (const volume of mounted) {
            if (isListed(config, subject, volume) && isReadOnly(pod, textAt(volume, "name") ?? "")) continue;
            yield {
                subject,
                wrong: `${pod.path}spec.volumes mounts ${textAt(volume, "hostPath", "path") ?? "a path"} of the node`,
                fix: "use another kind of volume; list logs that the workload reads under hostPaths and mount them readOnly.",
            };
        }
    },
});

function isListed({ hostPaths }: Config, { namespace, name }: Subject, volume: unknown): boolean {
    return holds(
        hostPaths.filter(
            (entry) =>
                entry.namespace === namespace &&
                entry.name === name &&
                entry.path === textAt(volume, "hostPath", "path"),
        ),
    );
}

/** Whether each container that mounts a volume mounts it read-only. */
function isReadOnly(pod: Pod, volume: string): boolean {
    return containersOf(pod)
        .flatMap(({ fields }) => list(fields["volumeMounts"]))
        .filter((mount) => textAt(mount, "name") === volume)
        .every((mount) => textAt(mount, "readOnly") === "true");
}
