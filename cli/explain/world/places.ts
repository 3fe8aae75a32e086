/** Who is meant by a name: Services, gateways and accounts, as the objects know them. */
import { SERVICE_LABEL } from "../../../components/base/labels";
import { NAMESPACES } from "../../../components/base/names";
import type { Callee, ServicePort, Workload } from "../evaluate/model";
import { matchesLabels } from "../evaluate/match";
import { keptByObject } from "./kept";
import type { RenderedRelease, World } from "./world";

type RenderedService = ReturnType<typeof servicesOf>[number];

interface GatewayValues {
    readonly labels?: Readonly<Record<string, string>>;
    readonly service?: { readonly ports?: readonly { name: string; port: number; targetPort?: number }[] };
}

/** Every Service, and every gateway that a release brings. */
export const callees = keptByObject((world: World): readonly Callee[] => [
    ...servicesOf(world).map((service) => calleeOf(world, service)),
    ...gateways(world),
]);

const byHost = keptByObject(
    (world: World): ReadonlyMap<string, Callee> =>
        new Map([...callees(world)].reverse().map((callee) => [callee.host, callee])),
);

/** The first callee of a host. */
export function calleeAt(world: World, host: string): Callee | undefined {
    return byHost(world).get(host);
}

/** The gateways: releases of Istio's gateway chart, known by the labels that they give their pods. */
export function gateways(world: World): Callee[] {
    return world.releases
        .filter(({ values }) => (values as GatewayValues).labels?.[SERVICE_LABEL] !== undefined)
        .map(gatewayOf);
}

/** `name`, `namespace/name`, or any form of a Service's DNS name. */
export function findCallee(world: World, name: string): Callee | undefined {
    const all = callees(world);
    return (
        all.find(
            ({ host }) =>
                host === name || host.startsWith(`${name}.svc`) || host === `${name}.svc.cluster.local`,
        ) ??
        all.find(({ workload }) => name === `${workload.namespace}/${workload.name}`) ??
        // A plain name is a service rather than a store, and either rather than a gateway.
        [NAMESPACES.services, NAMESPACES.stores, undefined]
            .map((namespace) =>
                all.find(
                    (one) => one.workload.name === name && (namespace ?? one.namespace) === one.namespace,
                ),
            )
            .find((one) => one !== undefined)
    );
}

function servicesOf(world: World) {
    return world
        .of("Service")
        .map(({ metadata, spec }) => ({ ...metadata, namespace: metadata.namespace ?? "", spec }));
}

function calleeOf(world: World, { name, namespace, spec }: RenderedService): Callee {
    const selector = spec?.selector ?? {};
    const deployment = world
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
            name,
            namespace,
            labels: pod?.metadata?.labels ?? selector,
            // Where no Deployment says otherwise, the account that bears the Service's name.
            account: pod?.spec?.serviceAccountName ?? name,
            meshed: isInjected(world, namespace),
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
        // The chart's own labels are `app` and `istio`, after the release.
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

/** A pod of an account of which nothing else is known, labelled as Kubernetes recommends. */
export function podOf(world: World, namespace: string, account: string): Workload {
    return {
        name: account,
        namespace,
        account,
        labels: { "app.kubernetes.io/name": account },
        meshed: isInjected(world, namespace),
    };
}

function isInjected(world: World, namespace: string): boolean {
    const labels = world.namespaceLabels(namespace);
    const injection = labels["istio-injection"];
    return injection === undefined ? (labels["istio.io/rev"] ?? "") !== "" : injection === "enabled";
}
