/** The temporary objects of a run: who asks in place of the services, and what lets them. */
import { createHash } from "node:crypto";
import { NAMESPACES, PROBER_PREFIX } from "../../../components/base/names";
import type { Platform } from "../../../components/base/platform";
import { restrictedContainer, restrictedPod } from "../../../components/base/pod-security";
import { sidecarResources } from "../../../components/base/sidecar-resources";
import type { Kind } from "../cluster/kinds";
import type { KubeObject } from "../drift/objects";
import type { Source } from "../model";
import { STRANGER_ACCOUNT, sources } from "../plan/places";
import { hostRewrites } from "./hosts";

/** On every temporary object, and on nothing else. */
export const PROBE_LABEL = "sparc.dev/probe";
const LABELS = { [PROBE_LABEL]: "true" };
export const PROBE_SELECTOR = `${PROBE_LABEL}=true`;

/** The container that asks. */
export const PROBE_CONTAINER = "probe";

/** What of its pod a prober was made from, to know whether one that was kept still fits. */
export const HASH_ANNOTATION = "sparc.dev/probe-hash";

/** As the stand-ins: any but the sidecar's, whose traffic is not redirected. */
const USER = 65532;

/** A prober carries a service's identity, so that none outlives a run that was killed for long. */
const LIFETIME_SECONDS = 1800;

/** Kinds of temporary objects, in the order in which they are removed. */
export const TEMPORARY_KINDS: readonly Kind[] = [
    "Pod",
    "VirtualService",
    "Sidecar",
    "NetworkPolicy",
    "ServiceAccount",
];

/** What must be there before the pods. */
export function surroundings(platform: Platform): KubeObject[] {
    const asking = [NAMESPACES.services, NAMESPACES.ingress];
    const asked = [NAMESPACES.services, NAMESPACES.stores, NAMESPACES.ingress];
    return [
        {
            apiVersion: "v1",
            kind: "ServiceAccount",
            metadata: { name: STRANGER_ACCOUNT, namespace: NAMESPACES.services, labels: LABELS },
        },
        ...asking.map((namespace) => seesAll(namespace)),
        ...hostRewrites(platform, LABELS),
        ...asking.map((namespace) =>
            networkPolicy("probe-out", namespace, {
                podSelector: { matchLabels: LABELS },
                policyTypes: ["Egress"],
                egress: [{}],
            }),
        ),
        ...asked.map((namespace) =>
            networkPolicy("probe-in", namespace, {
                podSelector: {},
                policyTypes: ["Ingress"],
                ingress: [{ from: [{ namespaceSelector: {}, podSelector: { matchLabels: LABELS } }] }],
            }),
        ),
    ];
}

/** One pod for each source. */
export function probers(platform: Platform, image: string): KubeObject[] {
    return sources(platform.catalogue).map((source) => prober(source, platform, image));
}

/** The name of a source's prober; the kind in it keeps a service called `stranger` apart from the stranger. */
export function proberName({ kind, account }: Source): string {
    const name = kind === "service" || kind === "gateway" ? `${kind}-${account}` : kind;
    return `${PROBER_PREFIX}${name}`;
}

/** Without it a prober would see no more than its namespace's default: nothing. */
function seesAll(namespace: string): KubeObject {
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

/** It has no `sparc.dev/service`: nothing that is meant for the service applies to it, and no traffic reaches it. */
function prober(source: Source, { config }: Platform, image: string): KubeObject {
    const annotations = sidecarResources(config.sidecar);
    const labels = { ...LABELS, "sidecar.istio.io/inject": source.kind === "unmeshed" ? "false" : "true" };
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
                // It serves only to stay alive; requests are made by `standin probe` beside it.
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
