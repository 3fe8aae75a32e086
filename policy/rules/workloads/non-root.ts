import { posix } from "node:path";
import {
    exceptionList,
    EXCEPTIONS_SCHEMA,
    type Exception,
    anyInForce,
    isExcepted,
    NO_EXCEPTIONS,
} from "../../core/exceptions";
import { at, fields as record, list, textAt, texts } from "../../core/read";
import { type Violation, objectRule } from "../../core/rule";
import { type Subject } from "../../core/subject";
import { containersOf, type Pod, podsIn, WORKLOADS } from "../../core/workload";

interface Config {
    readonly exceptions: readonly Exception[];
    readonly system: readonly string[];
    readonly hostPaths: readonly HostPath[];
}

interface HostPath extends Pick<Exception, "reason" | "until"> {
    readonly namespace: string;
    /** Name of the workload. */
    readonly name: string;
    readonly path: string;
}

const VOLUME = "core/PersistentVolume";

/** Directories of a node that a `local` volume must not use. */
const NODE_DIRECTORIES =
    /^\/(|etc|home|proc|root|run|sys|usr|var|var\/(lib|run|log)(\/(kubelet|containerd|docker|etcd)\b.*)?)\/?$/;

export const nonRoot = objectRule<Config>({
    name: "workloads-non-root",
    area: "workloads",
    title: "Containers run as non-root, without privileges and without the node's files",
    severity: "medium",
    why: "an attacker in a container that runs as root can often take over the node, and with it every identity on it",
    remediation:
        "Set runAsNonRoot, allowPrivilegeEscalation: false, capabilities.drop: [ALL] and a seccompProfile. Mount no hostPath.",
    appliesTo: [...WORKLOADS, VOLUME],
    defaults: { ...NO_EXCEPTIONS, system: ["kube-system"], hostPaths: [] },
    schema: {
        exceptions: EXCEPTIONS_SCHEMA,
        system: {
            type: "array",
            items: { type: "string" },
            description: "namespaces of the cluster's system workloads",
        },
        hostPaths: exceptionList(
            "directories of the node that a workload may mount read-only, such as /var/log for a log shipper",
            {
                namespace: { type: "string" },
                name: { type: "string", description: "name of the workload" },
                path: { type: "string", pattern: "^/var/(log|lib/[^/]+/containers)(/[^.].*)?$" },
            },
        ),
    },
    examples: {
        noncompliant: `
apiVersion: v1
kind: Pod
metadata: { name: carts, namespace: shop }
spec: { containers: [{ name: carts, image: "carts:1" }] }
`,
        compliant: `
apiVersion: v1
kind: Pod
metadata: { name: carts, namespace: shop }
spec:
  securityContext: { runAsNonRoot: true, seccompProfile: { type: RuntimeDefault } }
  containers: [{ name: carts, image: "carts:1", securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: [ALL] } } }]
`,
    },
    *evaluate(subject, config) {
        if (config.system.includes(subject.namespace) || isExcepted(config, subject)) return;
        if (subject.id === VOLUME) yield* evaluateNodePath(subject);
        for (const pod of podsIn(subject)) {
            if (pod.isTemplate && !subject.isPatch) yield* evaluateContainers(subject, pod);
            else yield* evaluateRoot(subject, pod);
            yield* evaluateVolumes(subject, pod, config);
        }
    },
});

function* evaluateContainers(subject: Subject, pod: Pod): Iterable<Violation> {
    const shared = pod.spec["securityContext"];
    for (const container of containersOf(pod)) {
        const { path, fields } = container;
        if (fields["image"] === "auto" && container.name === "istio-proxy") continue;
        const containerContext = fields["securityContext"];
        const either = (...field: string[]): string | undefined =>
            textAt(containerContext, ...field) ?? textAt(shared, ...field);
        const problem = [
            either("runAsNonRoot") === "true" ? "" : "runAsNonRoot is not true",
            either("runAsUser") === "0" ? "runAsUser is 0" : "",
            textAt(containerContext, "allowPrivilegeEscalation") === "false"
                ? ""
                : "allowPrivilegeEscalation is not false",
            texts(at(containerContext, "capabilities", "drop")).includes("ALL")
                ? ""
                : "capabilities.drop does not contain ALL",
            ["RuntimeDefault", "Localhost"].includes(either("seccompProfile", "type") ?? "")
                ? ""
                : "seccompProfile is not RuntimeDefault",
            either("appArmorProfile", "type") === "Unconfined" ? "appArmorProfile is Unconfined" : "",
        ].filter(Boolean);
        if (problem.length === 0) continue;
        yield {
            subject,
            problem: `${path}.securityContext: ${problem.join(", ")}`,
            fix: "set these fields. Those for all containers can be set on the pod.",
        };
    }
}

/** For a patch, or a part of a pod: absent fields are set elsewhere. */
function* evaluateRoot(subject: Subject, pod: Pod): Iterable<Violation> {
    const contexts = [
        { path: `${pod.path}spec`, context: pod.spec["securityContext"] },
        ...containersOf(pod).map(({ path, fields }) => ({ path, context: fields["securityContext"] })),
    ];
    for (const { path, context } of contexts) {
        const problem = [
            textAt(context, "runAsNonRoot") === "false" ? "runAsNonRoot is false" : "",
            textAt(context, "runAsUser") === "0" ? "runAsUser is 0" : "",
            textAt(context, "allowPrivilegeEscalation") === "true" ? "allowPrivilegeEscalation is true" : "",
            textAt(context, "seccompProfile", "type") === "Unconfined" ? "seccompProfile is Unconfined" : "",
            textAt(context, "appArmorProfile", "type") === "Unconfined"
                ? "appArmorProfile is Unconfined"
                : "",
        ].filter(Boolean);
        if (problem.length === 0) continue;
        yield { subject, problem: `${path}.securityContext: ${problem.join(", ")}`, fix: "remove it." };
    }
}

function* evaluateVolumes(subject: Subject, pod: Pod, config: Config): Iterable<Violation> {
    const mounted = list(pod.spec["volumes"]).filter((volume) => record(volume)["hostPath"] !== undefined);
    for (const volume of mounted) {
        if (isListed(config, subject, volume) && isReadOnly(pod, textAt(volume, "name") ?? "")) continue;
        yield {
            subject,
            problem: `${pod.path}spec.volumes mounts ${textAt(volume, "hostPath", "path") ?? "a path"} of the node`,
            fix: "use another volume type. If the workload reads logs, list the directory under hostPaths and mount it readOnly.",
        };
    }
}

function isListed({ hostPaths }: Config, { namespace, name }: Subject, volume: unknown): boolean {
    return anyInForce(
        hostPaths.filter(
            (entry) =>
                entry.namespace === namespace &&
                entry.name === name &&
                entry.path === textAt(volume, "hostPath", "path"),
        ),
    );
}

/** Whether every container mounts a volume read-only. */
function isReadOnly(pod: Pod, volume: string): boolean {
    return containersOf(pod)
        .flatMap(({ fields }) => list(fields["volumeMounts"]))
        .filter((mount) => textAt(mount, "name") === volume)
        .every((mount) => textAt(mount, "readOnly") === "true");
}

/** A PersistentVolume that pods mount with a claim, which Pod Security does not check. */
function* evaluateNodePath(subject: Subject): Iterable<Violation> {
    const host = textAt(subject.spec, "hostPath", "path");
    const local = textAt(subject.spec, "local", "path");
    const path =
        host ?? (local !== undefined && NODE_DIRECTORIES.test(posix.normalize(local)) ? local : undefined);
    if (path === undefined) return;
    yield {
        subject,
        problem: `spec.${host === undefined ? "local" : "hostPath"}.path is ${path} on the node, for every pod with a claim`,
        fix: "use a CSI driver, or a local volume on a separate disk.",
    };
}
