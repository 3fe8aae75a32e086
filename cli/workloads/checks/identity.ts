/** Whether the workload has its service's identity, and the mesh sees all of its traffic. */
import { getOwn } from "../../../catalogue/order";
import { didYouMean } from "../../../catalogue/check";
import { SERVICE_LABEL } from "../../../components/base/labels";
import { NAMESPACES } from "../../../components/base/names";
import { type Check, podPatch } from "../model";
import { isBatch, isJobService } from "./batch";

export const knownService: Check = ({ service, kind }, { platform: { catalogue } }) => {
    if (isBatch({ kind })) return [];
    if (service === undefined)
        return [
            {
                severity: "error",
                field: `metadata.labels.${SERVICE_LABEL}`,
                problem:
                    "it is not a service of the catalogue, so no Service selects it, and every call to and from it is denied",
                fix: "add the service to the catalogue (docs/tasks/add-a-service.md), or pass --service <service> if it runs one under another name",
            },
        ];
    if (getOwn(catalogue.services, service) !== undefined) return [];
    const known = Object.keys(catalogue.services).sort();
    return [
        {
            severity: "error",
            field: `metadata.labels.${SERVICE_LABEL}`,
            problem: `the catalogue has no service ${service}`,
            fix: didYouMean(service, known, `it has ${known.join(", ")}`),
        },
    ];
};

export const serviceNamespace: Check = ({ namespace }) =>
    namespace === NAMESPACES.services
        ? []
        : [
              {
                  severity: "error",
                  field: "/metadata.namespace",
                  problem: `its namespace ${namespace} is not ${NAMESPACES.services}, where the services' policies apply`,
                  fix: `deploy it to ${NAMESPACES.services}`,
              },
          ];

/** Without the label no policy and no Service selects the pod. A Job must not have it: it would receive traffic. */
export const serviceLabel: Check = (workload, context) => {
    const { service, labels, isAdopted } = workload;
    const label = labels[SERVICE_LABEL];
    const field = `metadata.labels.${SERVICE_LABEL}`;
    if (isBatch(workload) && !isJobService(workload, context)) {
        if (label === undefined) return [];
        return [
            {
                severity: "error",
                field,
                problem: `the Service ${label} selects this label, so callers reach the job's pods while they run`,
                fix: "remove the label, and give the job a service of its own without ports",
                patch: podPatch(workload, { metadata: { labels: { [SERVICE_LABEL]: null } } }),
            },
        ];
    }
    if (service === undefined || label === service || (isAdopted && label === undefined)) return [];
    return [
        {
            severity: "error",
            field,
            problem:
                label === undefined
                    ? `the Service ${service} and every policy select this label, so without it every call to and from the pod is denied`
                    : `the label names ${label}, but the stack's key says that it runs ${service}`,
            fix: `set it to ${service}`,
            patch: podPatch(workload, { metadata: { labels: { [SERVICE_LABEL]: service } } }),
        },
    ];
};

/** Policies name the account as the workload's identity. */
export const account: Check = (workload, context) => {
    const { service, pod, isAdopted } = workload;
    if (service === undefined || (isBatch(workload) && !isJobService(workload, context))) return [];
    const { serviceAccountName } = pod;
    if (serviceAccountName === service || (isAdopted && serviceAccountName === undefined)) return [];
    const effect = isAdopted
        ? "the deployment of the stack conflicts with it"
        : "policies know the service by its account, so its calls are denied";
    return [
        {
            severity: "error",
            field: "spec.serviceAccountName",
            problem: `the account is ${serviceAccountName ?? "default"}, not ${service}: ${effect}`,
            fix: `set it to ${service}; the program creates that account`,
            patch: podPatch(workload, { spec: { serviceAccountName: service } }),
        },
    ];
};

const INJECT = "sidecar.istio.io/inject";

export const injection: Check = (workload) => {
    const drafts = (["labels", "annotations"] as const).flatMap((place) =>
        workload[place][INJECT]?.toLowerCase() === "false"
            ? [
                  {
                      severity: "error" as const,
                      field: `metadata.${place}.${INJECT}`,
                      problem: "its pods get no sidecar, so callers' mutual TLS fails and it has no identity",
                      fix: "remove it",
                      patch: podPatch(workload, { metadata: { [place]: { [INJECT]: null } } }),
                  },
              ]
            : [],
    );
    return drafts;
};

/** Annotations by which traffic avoids the sidecar, or its probes the agent. */
const BYPASSES = [
    "traffic.sidecar.istio.io/excludeInboundPorts",
    "traffic.sidecar.istio.io/excludeOutboundPorts",
    "traffic.sidecar.istio.io/excludeOutboundIPRanges",
    "traffic.sidecar.istio.io/excludeInterfaces",
    "traffic.sidecar.istio.io/includeInboundPorts",
    "traffic.sidecar.istio.io/includeOutboundPorts",
    "traffic.sidecar.istio.io/includeOutboundIPRanges",
];

export const bypass: Check = (workload) =>
    BYPASSES.filter((annotation) => workload.annotations[annotation] !== undefined).map((annotation) => ({
        severity: "error",
        field: `metadata.annotations.${annotation}`,
        problem: "traffic that it exempts passes no policy of the mesh, and mutual TLS does not apply to it",
        fix: "remove it, and declare the calls in the catalogue",
        patch: podPatch(workload, { metadata: { annotations: { [annotation]: null } } }),
    }));

/** The sidecar's user and group: what they send is not redirected. */
const SIDECAR = 1337;

export const sidecarUser: Check = (workload) => {
    const { pod, containers, initContainers } = workload;
    const fields = ["runAsUser", "runAsGroup"] as const;
    const problem = `${SIDECAR} is the sidecar's: its traffic is not redirected, so it bypasses the mesh and other sidecars reject it`;
    const fix = "run it as another user and group, such as 65532";
    const another = 65532;
    return [
        ...fields
            .filter((field) => pod.securityContext?.[field] === SIDECAR)
            .map((field) => ({
                severity: "error" as const,
                field: `spec.securityContext.${field}`,
                problem,
                fix,
                patch: podPatch(workload, { spec: { securityContext: { [field]: another } } }),
            })),
        ...(["containers", "initContainers"] as const).flatMap((key) =>
            (key === "containers" ? containers : initContainers).flatMap(({ name, securityContext }) =>
                fields
                    .filter((field) => securityContext?.[field] === SIDECAR)
                    .map((field) => ({
                        severity: "error" as const,
                        field: `spec.${key}[${name}].securityContext.${field}`,
                        problem,
                        fix,
                        patch: podPatch(workload, {
                            spec: { [key]: [{ name, securityContext: { [field]: another } }] },
                        }),
                    })),
            ),
        ),
    ];
};

export const hostNetwork: Check = (workload) =>
    workload.pod.hostNetwork === true
        ? [
              {
                  severity: "error",
                  field: "spec.hostNetwork",
                  problem: "pods on the host's network get no sidecar and are outside every NetworkPolicy",
                  fix: "remove it",
                  patch: podPatch(workload, { spec: { hostNetwork: null } }),
              },
          ]
        : [];

export const hostPort: Check = (workload) =>
    workload.containers.flatMap(({ name, ports = [] }) =>
        ports
            .filter(({ hostPort: port }) => port !== undefined && port !== 0)
            .map(({ containerPort }) => ({
                severity: "error",
                field: `spec.containers[${name}].ports[${containerPort}].hostPort`,
                problem:
                    "clients at the node's address come around the gateways; pod security `baseline` rejects the pod",
                fix: "remove it, and expose the service in the catalogue",
                patch: podPatch(workload, {
                    spec: { containers: [{ name, ports: [{ containerPort, hostPort: null }] }] },
                }),
            })),
    );
