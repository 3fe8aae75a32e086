/** Whether the services' namespace admits the pods, which enforces the Pod Security Standard `restricted`. */
import { restrictedContainer } from "../../../components/shared/pods/pod-security";
import { type Check, type Container, type Draft, podPatch, type Workload } from "../model";

const USER = 65532;

export const podSecurity: Check = (workload) => [
    ...runsAsNonRoot(workload),
    ...seccomp(workload),
    ...volumes(workload),
    ...[...workload.containers, ...workload.initContainers].flatMap((container) =>
        privileges(workload, container),
    ),
];

function runsAsNonRoot(workload: Workload): Draft[] {
    const { pod, containers, initContainers } = workload;
    const ofPod = pod.securityContext?.runAsNonRoot;
    const all = [...containers, ...initContainers];
    const isNonRoot = all.every(({ securityContext }) => (securityContext?.runAsNonRoot ?? ofPod) === true);
    const isRoot = [pod.securityContext, ...all.map(({ securityContext }) => securityContext)].some(
        (context) => context?.runAsUser === 0,
    );
    if (isNonRoot && !isRoot) return [];
    return [
        draft(
            "spec.securityContext.runAsNonRoot",
            isRoot ? "it runs as root" : "it may run as root",
            "run it as another user, such as 65532",
            podPatch(workload, { spec: { securityContext: { runAsNonRoot: true, runAsUser: USER } } }),
        ),
    ];
}

function seccomp(workload: Workload): Draft[] {
    const { pod, containers, initContainers } = workload;
    const isSet = (profile: { type?: string } | undefined) =>
        ["RuntimeDefault", "Localhost"].includes(profile?.type ?? "");
    const ofPod = isSet(pod.securityContext?.seccompProfile);
    const all = [...containers, ...initContainers];
    if (all.every(({ securityContext }) => isSet(securityContext?.seccompProfile) || ofPod)) return [];
    return [
        draft(
            "spec.securityContext.seccompProfile",
            "it has no seccomp profile",
            "set the runtime's default",
            podPatch(workload, {
                spec: { securityContext: { seccompProfile: { type: "RuntimeDefault" } } },
            }),
        ),
    ];
}

function volumes({ pod }: Workload): Draft[] {
    return (pod.volumes ?? [])
        .filter(({ hostPath }) => hostPath !== undefined)
        .map(({ name }) =>
            draft(
                `spec.volumes[${name}].hostPath`,
                "it mounts a folder of the node",
                "use an emptyDir, a ConfigMap or a PersistentVolumeClaim",
            ),
        );
}

function privileges(workload: Workload, { name, securityContext = {} }: Container): Draft[] {
    const key = workload.containers.some((one) => one.name === name) ? "containers" : "initContainers";
    const dropsAll = (securityContext.capabilities?.drop ?? []).includes("ALL");
    if (securityContext.allowPrivilegeEscalation === false && dropsAll && securityContext.privileged !== true)
        return [];
    const { allowPrivilegeEscalation, capabilities } = restrictedContainer();
    return [
        draft(
            `spec.${key}[${name}].securityContext`,
            "it keeps privileges that it can escalate",
            "forbid escalation and drop all capabilities",
            podPatch(workload, {
                spec: {
                    [key]: [
                        {
                            name,
                            securityContext: {
                                allowPrivilegeEscalation,
                                capabilities,
                                ...(securityContext.privileged === true ? { privileged: null } : {}),
                            },
                        },
                    ],
                },
            }),
        ),
    ];
}

function draft(field: string, what: string, fix: string, patch?: object): Draft {
    return {
        severity: "error",
        field,
        problem: `${what}, which the namespace's pod security level \`restricted\` does not admit: no pod starts`,
        fix,
        ...(patch === undefined ? {} : { patch }),
    };
}

/** Autoscalers measure against requests, and the scheduler places by them. */
export const requests: Check = (workload) =>
    workload.containers.flatMap(({ name, resources }) => {
        const defaults = { cpu: "100m", memory: "128Mi" };
        const missing = Object.entries(defaults).filter(([key]) => resources?.requests?.[key] === undefined);
        if (missing.length === 0) return [];
        return [
            {
                severity: "warning" as const,
                field: `spec.containers[${name}].resources.requests`,
                problem: `it requests no ${missing.map(([key]) => key).join(" and no ")}, so the node can be overcommitted and an autoscaler cannot measure it`,
                fix: "request what it uses under normal load",
                patch: podPatch(workload, {
                    spec: { containers: [{ name, resources: { requests: Object.fromEntries(missing) } }] },
                }),
            },
        ];
    });
