/** The temporary objects of a run: the prober pods, and the objects that allow their traffic. */
import { createHash } from "node:crypto";
import { NAMESPACES, PROBER_PREFIX } from "../../../components/base/names";
import type { Platform } from "../../../components/base/platform";
import { restrictedContainer, restrictedPod } from "../../../components/shared/pods/pod-security";
import { sidecarResources } from "../../../components/shared/pods/sidecar-resources";
import type { Kind } from "../../lib/cluster/kinds";
import type { KubeObject } from "../../lib/drift/objects";
import type { Source } from "../model";
import { PROBE_LABEL, UNKNOWN_WORKLOAD_ACCOUNT } from "../../lib/probers";
import { hostRewrites } from "./hosts";

const LABELS = { [PROBE_LABEL]: "true" };
export const PROBE_SELECTOR = `${PROBE_LABEL}=true`;

/** The container that sends the requests. */
export const PROBE_CONTAINER = "probe";

/** Hash of the prober's pod spec, to detect whether a kept prober can be reused. */
export const HASH_ANNOTATION = "sparc.dev/probe-hash";

/** Any user except the sidecar's, whose traffic is not redirected. */
const USER = 65532;

/** Probers have the services' identities, so they must not outlive a killed run for long. */
const LIFETIME_SECONDS = 1800;

/** The kinds of temporary objects, in order of removal. */
export const PROBER_KINDS: readonly Kind[] = [
    "Pod",
    "VirtualService",
    "Sidecar",
    "NetworkPolicy",
    "ServiceAccount",
];

/** The objects that must exist before the pods. */
export function supportingObjects(platform: Platform): KubeObject[] {
    const callerNamespaces = [NAMESPACES.services, NAMESPACES.ingress];
    const calleeNamespaces = [NAMESPACES.services, NAMESPACES.stores, NAMESPACES.ingress];
    return [
        {
            apiVersion: "v1",
            kind: "ServiceAccount",
            metadata: { name: UNKNOWN_WORKLOAD_ACCOUNT, namespace: NAMESPACES.services, labels: LABELS },
        },
        ...callerNamespaces.map((namespace) => importsAll(namespace)),
        ...hostRewrites(platform, LABELS),
        ...callerNamespaces.map((namespace) =>
            networkPolicy("probe-out", namespace, {
                podSelector: { matchLabels: LABELS },
                policyTypes: ["Egress"],
                egress: [{}],
            }),
        ),
        ...calleeNamespaces.map((namespace) =>
            networkPolicy("probe-in", namespace, {
                podSelector: {},
                policyTypes: ["Ingress"],
                ingress: [{ from: [{ namespaceSelector: {}, podSelector: { matchLabels: LABELS } }] }],
            }),
        ),
    ];
}

/** One pod for each source. */
export function probers(senders: readonly Source[], platform: Platform, image: string): KubeObject[] {
    return senders.map((source) => prober(source, platform, image));
}

/** The name of a source's prober. Contains the kind, so that a service cannot collide with the other sources. */
export function proberName({ kind, account }: Source): string {
    const name = kind === "service" || kind === "gateway" ? `${kind}-${account}` : kind;
    return `${PROBER_PREFIX}${name}`;
}

/** Makes all hosts visible to probers: the namespace's default Sidecar allows none. */
function importsAll(namespace: string): KubeObject {
    return {
        apiVersion: "networking.istio.io/v1",
        kind: "Sidecar",
        metadata: { name: "probe", namespace, labels: LABELS },
        spec: { workloadSelector: { labels: LABELS }, egress: [{ hosts: ["*/*"] }] },
    };
}

function networkPolicy(name: string, namespace: string, spec: unknown): KubeObject {
    return {
        apiVersion: "networking.k8s.io/v1",
        kind: "NetworkPolicy",
        metadata: { name, namespace, labels: LABELS },
        spec,
    };
}

/**
 * Without the label `sparc.dev/service`, so that the service's policies do not apply to it and it receives no traffic.
 */
function prober(source: Source, { config }: Platform, image: string): KubeObject {
    const annotations = sidecarResources(config.sidecar);
    const labels = {
        ...LABELS,
        "sidecar.istio.io/inject": source.kind === "outside-mesh" ? "false" : "true",
    };
    const spec = podSpec(source.account, image);
    const hash = createHash("sha256")
        .update(JSON.stringify([labels, annotations, spec]))
        .digest("hex")
        .slice(0, 16);
    return {
        apiVersion: "v1",
        kind: "Pod",
        metadata: {
            name: proberName(source),
            namespace: source.namespace,
            labels,
            annotations: { ...annotations, [HASH_ANNOTATION]: hash },
        },
        spec,
    };
}

function podSpec(serviceAccountName: string, image: string) {
    return {
        serviceAccountName,
        automountServiceAccountToken: false,
        activeDeadlineSeconds: LIFETIME_SECONDS,
        terminationGracePeriodSeconds: 1,
        enableServiceLinks: false,
        securityContext: restrictedPod(USER),
        containers: [
            {
                name: PROBE_CONTAINER,
                image,
                // Only keeps the container running; `standin probe` sends the requests.
                args: [
                    ...["serve", "--service", "probe", "--version", "v1", "--drain", "0s"],
                    ...["--health", "8081", "--port", "idle:tcp:8080"],
                ],
                resources: {
                    requests: { cpu: "5m", memory: "16Mi" },
                    limits: { cpu: "500m", memory: "128Mi" },
                },
                securityContext: restrictedContainer(),
            },
        ],
    };
}
