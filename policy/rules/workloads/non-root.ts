import { posix } from "node:path";
import {
    EXCEPTION_FIELDS,
    EXCEPTIONS_SCHEMA,
    type Exception,
    holds,
    isExcepted,
    NO_EXCEPTIONS,
} from "../../core/exceptions";
import { at, fields as record, list, textAt, texts } from "../../core/read";
import { type Finding, objectRule } from "../../core/rule";
import { type Subject } from "../../core/subject";
import { containersOf, type Pod, podsIn, WORKLOADS } from "../../core/workload";

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

const VOLUME = "core/PersistentVolume";

/** Directories of a node that a `local` volume has no business with. */
const OF_THE_NODE =
    /^\/(|etc|home|proc|root|run|sys|usr|var|var\/(lib|run|log)(\/(kubelet|containerd|docker|etcd)\b.*)?)\/?$/;

export const nonRoot = objectRule<Config>({
    name: "workloads-non-root",
    area: "workloads",
    title: "Containers run as somebody, without powers and without the node's files",
    severity: "medium",
    why: "whoever breaks into a container that runs as root is a step away from the node, and with it from every identity there",
    remedy: "Set runAsNonRoot, allowPrivilegeEscalation: false, capabilities.drop: [ALL] and a seccompProfile; mount no hostPath.",
    judges: [...WORKLOADS, VOLUME],
    defaults: { ...NO_EXCEPTIONS, system: ["kube-system"], hostPaths: [] },
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
        if (config.system.includes(subject.namespace) || isExcepted(config, subject)) return;
        if (subject.id === VOLUME) yield* aboutNode(subject);
        for (const pod of podsIn(subject)) {
            if (pod.isTemplate && !subject.isPatch) yield* aboutContainers(subject, pod);
            else yield* aboutRoot(subject, pod);
            yield* aboutVolumes(subject, pod, config);
        }
    },
});

function* aboutContainers(subject: Subject, pod: Pod): Iterable<Finding> {
    const shared = pod.spec["securityContext"];
    for (const container of containersOf(pod)) {
        const { path, fields } = container;
        if (fields["image"] === "auto" && container.name === "istio-proxy") continue;
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
            either("appArmorProfile", "type") === "Unconfined" ? "appArmorProfile is Unconfined" : "",
        ].filter(Boolean);
        if (wrong.length === 0) continue;
        yield {
            subject,
            wrong: `${path}.securityContext: ${wrong.join(", ")}`,
            fix: "set them so; what holds for all containers can stand at the pod.",
        };
    }
}

/** Of a patch, or of a part of a pod: what it does not say is said elsewhere. */
function* aboutRoot(subject: Subject, pod: Pod): Iterable<Finding> {
    const contexts = [
        { path: `${pod.path}spec`, context: pod.spec["securityContext"] },
        ...containersOf(pod).map(({ path, fields }) => ({ path, context: fields["securityContext"] })),
    ];
    for (const { path, context } of contexts) {
        const wrong = [
            textAt(context, "runAsNonRoot") === "false" ? "runAsNonRoot is false" : "",
            textAt(context, "runAsUser") === "0" ? "runAsUser is 0" : "",
            textAt(context, "allowPrivilegeEscalation") === "true" ? "allowPrivilegeEscalation is true" : "",
            textAt(context, "seccompProfile", "type") === "Unconfined" ? "seccompProfile is Unconfined" : "",
            textAt(context, "appArmorProfile", "type") === "Unconfined"
                ? "appArmorProfile is Unconfined"
                : "",
        ].filter(Boolean);
        if (wrong.length === 0) continue;
        yield { subject, wrong: `${path}.securityContext: ${wrong.join(", ")}`, fix: "remove it." };
    }
}

function* aboutVolumes(subject: Subject, pod: Pod, config: Config): Iterable<Finding> {
    const mounted = list(pod.spec["volumes"]).filter((volume) => record(volume)["hostPath"] !== undefined);
    for (const volume of mounted) {
        if (isListed(config, subject, volume) && isReadOnly(pod, textAt(volume, "name") ?? "")) continue;
        yield {
            subject,
            wrong: `${pod.path}spec.volumes mounts ${textAt(volume, "hostPath", "path") ?? "a path"} of the node`,
            fix: "use another kind of volume; list logs that the workload reads under hostPaths and mount them readOnly.",
        };
    }
}

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

/** A volume of the cluster, which a pod mounts by a claim: Pod Security does not see what is behind it. */
function* aboutNode(subject: Subject): Iterable<Finding> {
    const host = textAt(subject.spec, "hostPath", "path");
    const local = textAt(subject.spec, "local", "path");
    const path =
        host ?? (local !== undefined && OF_THE_NODE.test(posix.normalize(local)) ? local : undefined);
    if (path === undefined) return;
    yield {
        subject,
        wrong: `spec.${host === undefined ? "local" : "hostPath"}.path is ${path} of the node, for whoever claims it`,
        fix: "use a CSI driver, or a local volume on a disk of its own.",
    };
}
