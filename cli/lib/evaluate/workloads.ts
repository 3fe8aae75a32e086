/** Resolves names to Services, gateways and service accounts. */
import { SERVICE_LABEL } from "../../../components/base/labels";
import { NAMESPACES } from "../../../components/base/names";
import type { Callee, ServicePort, Workload } from "./model";
import { matchesLabels } from "./match";
import { memoizeByObject } from "../snapshot/memo";
import type { RenderedRelease, MeshSnapshot } from "../snapshot/snapshot";

type RenderedService = ReturnType<typeof servicesOf>[number];

interface GatewayValues {
    readonly labels?: Readonly<Record<string, string>>;
    readonly service?: { readonly ports?: readonly { name: string; port: number; targetPort?: number }[] };
}

/** Every Service, and every gateway of a Helm release. */
export const callees = memoizeByObject((snapshot: MeshSnapshot): readonly Callee[] => [
    ...servicesOf(snapshot).map((service) => calleeOf(snapshot, service)),
    ...withoutService(snapshot),
    ...gateways(snapshot),
]);

const byHost = memoizeByObject(
    (snapshot: MeshSnapshot): ReadonlyMap<string, Callee> =>
        new Map([...callees(snapshot)].reverse().map((callee) => [callee.host, callee])),
);

/** The first callee of a host. */
export function calleeForHost(snapshot: MeshSnapshot, host: string): Callee | undefined {
    return byHost(snapshot).get(host);
}

/** The gateways: releases of Istio's gateway chart, identified by their pods' labels. */
export function gateways(snapshot: MeshSnapshot): Callee[] {
    return snapshot.releases
        .filter(({ values }) => (values as GatewayValues).labels?.[SERVICE_LABEL] !== undefined)
        .map(gatewayOf);
}

/** `name`, `namespace/name`, or any form of a Service's DNS name. */
export function findCallee(snapshot: MeshSnapshot, name: string): Callee | undefined {
    const all = callees(snapshot);
    return (
        all.find(
            ({ host }) =>
                host === name || host.startsWith(`${name}.svc`) || host === `${name}.svc.cluster.local`,
        ) ??
        all.find(({ workload }) => name === `${workload.namespace}/${workload.name}`) ??
        // For a plain name, services take precedence over stores, and stores over gateways.
        [NAMESPACES.services, NAMESPACES.stores, undefined]
            .map((namespace) =>
                all.find(
                    (one) =>
                        one.host.startsWith(`${name}.`) && (namespace ?? one.namespace) === one.namespace,
                ),
            )
            .find((one) => one !== undefined)
    );
}

function servicesOf(snapshot: MeshSnapshot) {
    return snapshot
        .of("Service")
        .map(({ metadata, spec }) => ({ ...metadata, namespace: metadata.namespace ?? "", spec }));
}

/** Services without ports: their pods have an identity, and nothing can call them. */
function withoutService(snapshot: MeshSnapshot): Callee[] {
    const called = new Set(servicesOf(snapshot).map(({ namespace, name }) => `${namespace}/${name}`));
    return snapshot.of("ServiceAccount").flatMap(({ metadata }): Callee[] => {
        const { name, namespace = "", labels = {} } = metadata;
        if (labels[SERVICE_LABEL] !== name || called.has(`${namespace}/${name}`)) return [];
        return [
            {
                host: `${name}.${namespace}.svc.cluster.local`,
                namespace,
                ports: [],
                workload: {
                    name,
                    namespace,
                    labels: { [SERVICE_LABEL]: name },
                    account: name,
                    meshed: isInjected(snapshot, namespace),
                },
            },
        ];
    });
}

function calleeOf(snapshot: MeshSnapshot, { name, namespace, spec }: RenderedService): Callee {
    const selector = spec?.selector ?? {};
    const deployment = snapshot
        .of("Deployment")
        .find(
            (one) =>
                one.metadata.namespace === namespace &&
                matchesLabels(selector, one.spec?.template.metadata?.labels ?? {}),
        );
    const pod = deployment?.spec?.template;
    const ports = (spec?.ports ?? []).map(
        ({ name: port = "", port: number, targetPort, appProtocol }): ServicePort => ({
            name: port,
            number,
            target: typeof targetPort === "number" ? targetPort : number,
            http: ["http", "http2", "grpc", "grpc-web"].includes(appProtocol ?? port.split("-")[0] ?? ""),
        }),
    );
    return {
        host: `${name}.${namespace}.svc.cluster.local`,
        namespace,
        ports,
        workload: {
            // A service can have a second Service, for its replicas.
            name: selector[SERVICE_LABEL] ?? name,
            namespace,
            labels: pod?.metadata?.labels ?? selector,
            // Without a Deployment, assume the service account with the Service's name.
            account: pod?.spec?.serviceAccountName ?? selector[SERVICE_LABEL] ?? name,
            meshed: isInjected(snapshot, namespace),
        },
    };
}

function gatewayOf({ name, namespace, values }: RenderedRelease): Callee {
    const { labels = {}, service } = values as GatewayValues;
    return {
        host: `${name}.${namespace}.svc.cluster.local`,
        namespace,
        ports: (service?.ports ?? []).map(({ name: port, port: number, targetPort }) => ({
            name: port,
            number,
            target: targetPort ?? number,
            http: false,
        })),
        // The chart adds the labels `app` and `istio`, derived from the release name.
        workload: {
            name,
            namespace,
            labels: { app: name, istio: name.replace(/^istio-/, ""), ...labels },
            account: name,
            meshed: true,
            gateway: true,
        },
    };
}

/** A pod of a service account, with the label that Kubernetes recommends and no others. */
export function podOf(snapshot: MeshSnapshot, namespace: string, account: string): Workload {
    return {
        name: account,
        namespace,
        account,
        labels: { "app.kubernetes.io/name": account },
        meshed: isInjected(snapshot, namespace),
    };
}

function isInjected(snapshot: MeshSnapshot, namespace: string): boolean {
    const labels = snapshot.namespaceLabels(namespace);
    const injection = labels["istio-injection"];
    return injection === undefined ? (labels["istio.io/rev"] ?? "") !== "" : injection === "enabled";
}
