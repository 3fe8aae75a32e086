/** Services and their instances. */
import type { Port } from "../../../../catalogue/model";
import { differ } from "../../draft";
import { type MutableItem, type ObjectFields, fieldPath } from "../../fields";
import { catalogueName, type Context, INFRASTRUCTURE_KINDS } from "../context";
import { dataOf, mostFrequent, numberAt, textAt, textsAt } from "../data";
import { protocolOf } from "../protocol";
import { balancingOf } from "./resolver";
import { grpcOffer } from "./intention-requests";

/** Meta keys of consul-k8s, Nomad, consul-esm and Terraform about the place of an instance, which Kubernetes knows itself. */
const TOOL_META =
    /^(external-source|external-k8s-.*|pod-name|pod-uid|k8s-namespace|k8s-service-name|synthetic-node|managed-by.*)$/;
/** What says which instance it is. Any other field needs a rule, or is work by hand. */
const IDENTITY = ["ID", "Service", "Node", "NodeAddress", "Address", "Port", "Tags", "Weights"];
const ENTERPRISE = ["Namespace", "Partition", "PeerName"];

/** Adds every service of the primary datacenter to the draft, as far as the catalogue can express it. */
export function translateServices(context: Context, externalNames: ReadonlySet<string>): void {
    const names = new Map<string, string>();
    for (const service of context.of("service")) {
        const { name } = service.object;
        const instances = context.instancesOf(name);
        const kind = textAt(instances[0]?.object.data, "Kind");
        const target = catalogueName(name);
        if (name === "consul") {
            service.main(["Name", "Tags"], "not-needed", "Consul's servers.");
            for (const one of instances) whole(one, "not-needed", "A server of Consul.");
        } else if (INFRASTRUCTURE_KINDS.has(kind)) {
            service.main(["Name", "Tags"], "not-needed", INFRASTRUCTURE[kind] ?? "");
            if (kind !== "connect-proxy")
                for (const one of instances) whole(one, "not-needed", INFRASTRUCTURE[kind] ?? "");
        } else if (externalNames.has(name)) {
            continue;
        } else if (names.has(target)) {
            const detail = `Not in the draft: ${names.get(target) ?? ""} has the same name in the catalogue, ${target}. Rename one of them.`;
            service.main(["Name"], "by-hand", detail);
            tags(service, name);
            for (const one of instances) whole(one, "by-hand", detail);
        } else {
            names.set(target, name);
            translateService(context, service, instances, target);
        }
    }
}

const INFRASTRUCTURE: Readonly<Record<string, string>> = {
    "connect-proxy": "Sidecar proxies: Istio injects its own.",
    "mesh-gateway": "A mesh gateway, which connects datacenters. Peerings and resolvers list what uses it.",
    "ingress-gateway": "An ingress gateway: its configuration entry lists what it exposes.",
    "terminating-gateway": "A terminating gateway: its configuration entry lists the external services.",
    "api-gateway": "An API gateway: its configuration entries list what it exposes.",
};

/** One item for all fields that are in none yet. */
export function whole(fields: ObjectFields, outcome: MutableItem["outcome"], detail: string): MutableItem {
    return fields.main(
        Object.keys(fields.object.data).map((key) => fieldPath("", key)),
        outcome,
        detail,
    );
}

function translateService(
    context: Context,
    service: ObjectFields,
    instances: readonly ObjectFields[],
    target: string,
): void {
    const { name } = service.object;
    tags(service, name);
    const ports = instances.map(({ object }) => numberAt(object.data, "Port")).filter((port) => port > 0);
    const number = mostFrequent(ports);
    if (instances.length === 0) {
        const detail = "Not in the draft: none of its instances could be read. Add it with its port.";
        service.main(["Name"], "by-hand", detail);
        return;
    }
    const main = service.main(["Name"], "translated", `services.${target}`);
    if (target !== name) differ(main, `Its name in Consul is ${name}: callers must use the new one.`);
    const passing = instances.filter((one) => isPassing(context, one));
    const items = instances.map((one) =>
        translateInstance(
            one,
            number,
            passing.includes(one)
                ? `services.${target}.minReplicas`
                : "Not counted in minReplicas: a check is critical, or it is in maintenance.",
        ),
    );
    const { port, detail } = number === undefined ? WORKER : portOf(context, name, number);
    if (detail !== undefined) differ(main, detail);
    const defaults = context.get("service-defaults", name)?.object.data;
    const concurrency = numberAt(defaults, "MaxInboundConnections");
    const balancing = balancingOf(context, name, port?.protocol ?? "tcp");
    context.draft.services.set(target, {
        summary: `Imported from Consul: the service ${name}.`,
        ports: port === undefined ? {} : { [port.protocol]: port },
        calls: [],
        external: new Map(),
        minReplicas: Math.max(1, passing.length),
        ...(concurrency > 0 ? { concurrency } : {}),
        ...(balancing === undefined ? {} : { loadBalancing: balancing }),
        items: [main, ...items],
    });
}

const WORKER: { readonly port?: Port; readonly detail: string } = {
    detail: "It is registered without a port: it can call others in the mesh, and nothing can call it.",
};

/** The port in the catalogue, and what differs from Consul. */
function portOf(context: Context, name: string, number: number): { port: Port; detail?: string } {
    const { protocol, from } = protocolOf(context, name);
    const evidence = {
        "service-defaults": undefined,
        "proxy-defaults": undefined,
        check: `Its protocol is taken from its ${protocol} check.`,
        default:
            "Consul knows no protocol: it is TCP, without requests, timeouts and retries. Set the right one.",
    }[from];
    const tcp = (application: string): Port => ({ protocol: "tcp", number, application });
    if (protocol === "grpc") {
        const offer = grpcOffer(context, name);
        if (offer !== undefined)
            return {
                port: { protocol: "grpc", number, ...offer },
                ...(evidence === undefined ? {} : { detail: evidence }),
            };
        return {
            port: tcp("grpc"),
            detail: "It serves gRPC, but Consul does not know its methods: it is TCP until the port has the protocol grpc with service and methods.",
        };
    }
    if (protocol === "http" || protocol === "http2") {
        const http2 =
            "The application must accept HTTP/1.1: a port with the protocol http is forwarded with it.";
        const detail = [evidence, protocol === "http2" ? http2 : undefined]
            .filter((one) => one !== undefined)
            .join(" ");
        return {
            port: { protocol: "http", number, requests: ["GET /{**}"] },
            ...(detail === "" ? {} : { detail }),
        };
    }
    return {
        port: tcp(protocol === "tcp" ? "unknown" : protocol),
        ...(evidence === undefined ? {} : { detail: evidence }),
    };
}

function tags(service: ObjectFields, name: string): void {
    for (const [index, tag] of textsAt(service.object.data, "Tags").entries())
        service.add(
            `Tags[${index}]`,
            "by-hand",
            `The mesh has no tags. Find the clients that resolve ${tag}.${name}.service.consul or filter by the tag ${tag}, and give them a host or a version.`,
        );
}

function translateInstance(instance: ObjectFields, port: number | undefined, detail: string): MutableItem {
    const { data } = instance.object;
    const address = textAt(data, "Address");
    const outcome = detail.startsWith("services.") ? "translated" : "not-needed";
    if (port !== undefined && numberAt(data, "Port") !== port)
        instance.add(
            "Port",
            "difference",
            `It listens on the port ${numberAt(data, "Port")}, the draft has ${port}: all replicas must listen on the same one.`,
        );
    const { Passing, Warning } = dataOf(data["Weights"]);
    if ((Passing ?? 1) !== 1 || (Warning ?? 1) !== 1)
        instance.add(
            "Weights",
            "by-hand",
            "The mesh balances replicas equally: replace weights by replicas, or by equal resources.",
        );
    for (const [name, value] of Object.entries(dataOf(data["TaggedAddresses"]))) {
        const path = fieldPath("TaggedAddresses", name);
        if (/^(consul-)?virtual$/.test(name))
            instance.add(path, "not-needed", "A virtual address of Consul: Kubernetes assigns one.");
        else if (textAt(value, "Address") === (address || textAt(data, "NodeAddress")))
            instance.add(path, "not-needed", "The same address as the instance's.");
        else
            instance.add(
                path,
                "by-hand",
                `It has another address under ${name}: find the clients that use it.`,
            );
    }
    for (const key of Object.keys(dataOf(data["Meta"]))) meta(instance, key);
    instance.add(
        "Connect.Native",
        "by-hand",
        "The application terminates mutual TLS itself (Connect native): the sidecar replaces that, so remove it.",
    );
    instance.add("SocketPath", "by-hand", "It listens on a Unix socket: the sidecar needs a TCP port.");
    instance.add("EnableTagOverride", "not-needed", "Only for tags, which the mesh does not have.");
    instance.add(
        ENTERPRISE,
        "by-hand",
        "A namespace, partition or peer of Consul Enterprise: decide which stack it belongs to.",
    );
    instance.add("Locality", "not-needed", "Kubernetes' nodes have a region and a zone.");
    return instance.main(IDENTITY, outcome, detail);
}

function meta(instance: ObjectFields, key: string): void {
    const path = fieldPath("Meta", key);
    if (TOOL_META.test(key))
        instance.add(path, "not-needed", "Written by a tool about the place of the instance.");
    else if (key === "version")
        instance.add(path, "by-hand", "Set the pod label version, if clients or subsets choose versions.");
    else
        instance.add(
            path,
            "by-hand",
            `The mesh has no metadata: find the clients that read ${key}, and give them configuration.`,
        );
}

/** Neither a check of the instance nor one of its node is critical. */
function isPassing(context: Context, { object: { data } }: ObjectFields): boolean {
    return (
        !criticalChecks(context).has(`${textAt(data, "Node")}/${textAt(data, "ID")}`) &&
        !criticalChecks(context).has(`${textAt(data, "Node")}/`)
    );
}

const critical = new WeakMap<Context, ReadonlySet<string>>();

function criticalChecks(context: Context): ReadonlySet<string> {
    let places = critical.get(context);
    if (places === undefined) {
        const failing = context
            .of("check")
            .filter(({ object }) => textAt(object.data, "Status") === "critical");
        places = new Set(
            failing.map(({ object: { data } }) => `${textAt(data, "Node")}/${textAt(data, "ServiceID")}`),
        );
        critical.set(context, places);
    }
    return places;
}
