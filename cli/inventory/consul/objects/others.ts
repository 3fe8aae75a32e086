/** Objects that the catalogue has no place for: nodes, checks, keys, sessions, queries, peers, tokens and API clients. */
import type { ObjectFields } from "../../fields";
import { catalogueName, type Context } from "../context";
import { listAt, numberAt, textAt, textsAt } from "../data";
import { whole } from "./services";

export function translateNode(node: ObjectFields): void {
    const isExternal = textAt(node.object.data, "Meta", "external-node") === "true";
    whole(
        node,
        "not-needed",
        isExternal ? "The node of external services: see them." : "Kubernetes has its own nodes.",
    );
}

/** Checks whose meaning a kubelet's probe can have, by type. */
const PROBES: Readonly<Record<string, string>> = {
    http: "Add it as readinessProbe.httpGet of the Deployment.",
    h2ping: "Add a readinessProbe: httpGet or grpc instead of an HTTP/2 ping.",
    grpc: "Add it as readinessProbe.grpc of the Deployment.",
    tcp: "Add it as readinessProbe.tcpSocket of the Deployment. An HTTP probe says more.",
    udp: "A readinessProbe cannot use UDP: serve health over HTTP.",
    ttl: "The application reports its health to Consul: serve it over HTTP for a readinessProbe, and remove the calls to Consul.",
    script: "Add it as readinessProbe.exec of the Deployment: the image must contain the script.",
    monitor: "Add it as readinessProbe.exec of the Deployment: the image must contain the script.",
    docker: "Add it as readinessProbe.exec of the Deployment.",
    alias: "It copies the health of another service: the mesh ejects replicas by their own responses.",
    os_service: "It watches a service of the operating system: add a readinessProbe.",
};

export function translateCheck(context: Context, check: ObjectFields): void {
    const { data } = check.object;
    const id = textAt(data, "CheckID");
    const service = textAt(data, "ServiceName");
    const status = textAt(data, "Status");
    const now = status === "passing" || status === "" ? "" : ` It is ${status} now.`;
    const proxies = context.get("instance", `${textAt(data, "Node")}/${textAt(data, "ServiceID")}`);
    if (id === "serfHealth")
        whole(check, "not-needed", `Consul's check of its agent: Kubernetes watches nodes.${now}`);
    else if (id.startsWith("_node_maintenance") || id.startsWith("_service_maintenance"))
        whole(
            check,
            "by-hand",
            `In maintenance: ${service || `the node ${textAt(data, "Node")}`} receives no traffic. Decide before the cutover.`,
        );
    else if (textAt(proxies?.object.data, "Kind") !== "")
        whole(check, "not-needed", `The check of a sidecar or gateway: Istio has its own.${now}`);
    else if (service === "")
        whole(
            check,
            "by-hand",
            `A check of a node removes all its instances while it is critical: decide which pods need a probe instead.${now}`,
        );
    else {
        const type = textAt(data, "Type");
        const warning = type === "script" || type === "ttl" ? " A probe has no state warning." : "";
        whole(
            check,
            "by-hand",
            `${PROBES[type] ?? `A check of the type ${type || "unknown"}: add a readinessProbe.`}${warning}${now}`,
        );
    }
}

export function translateKey(key: ObjectFields): void {
    const { name, data } = key.object;
    if (textAt(data, "Session") !== "")
        whole(
            key,
            "by-hand",
            `A lock, held now: move the leader election of ${name} to a Kubernetes Lease before Consul is removed.`,
        );
    else if (numberAt(data, "LockIndex") > 0)
        whole(
            key,
            "by-hand",
            `A lock, free now: move the leader election of ${name} to a Kubernetes Lease before Consul is removed.`,
        );
    else
        whole(
            key,
            "by-hand",
            "The mesh stores no configuration: move the key to a ConfigMap, Secret or database, and change its readers.",
        );
}

export function translateSession(session: ObjectFields): void {
    whole(
        session,
        "by-hand",
        `A session of ${textAt(session.object.data, "Node")}: find the client that holds it, and move its locks to Kubernetes Leases.`,
    );
}

export function translateQuery(query: ObjectFields): void {
    const { name, data } = query.object;
    const service = textAt(data, "Service", "Service");
    const target = catalogueName(service);
    const [path, host] = ["Service", `${name}.query.consul`];
    if (textAt(data, "Template", "Type") !== "")
        query.add(
            "Template",
            "by-hand",
            "It answers for every name that matches: find the names that clients resolve.",
        );
    query.add(
        [`${path}.Failover`],
        "by-hand",
        "The mesh has no failover to other datacenters: run replicas in several zones.",
    );
    query.add(`${path}.Near`, "by-hand", "Set locality in the stack instead.");
    for (const [field, what] of [
        ["Tags", "tags"],
        ["ServiceMeta", "metadata"],
        ["NodeMeta", "metadata of nodes"],
    ] as const)
        query.add(
            `${path}.${field}`,
            "by-hand",
            `The mesh has no ${what}: use a version or a service of its own.`,
        );
    query.add(`${path}.IgnoreCheckIDs`, "by-hand", "Remove the check instead.");
    query.add("DNS", "not-needed", "The mesh's DNS returns an address that does not change.");
    query.add("Session", "by-hand", "The query ends with a session.");
    whole(query, "by-hand", `Clients resolve ${host}: make them call ${target}.`);
}

export function translatePeering(peering: ObjectFields): void {
    const { name, data } = peering.object;
    for (const direction of ["ImportedServices", "ExportedServices"])
        for (const [index, service] of textsAt(data, "StreamStatus", direction).entries())
            peering.add(
                `StreamStatus.${direction}[${index}]`,
                "by-hand",
                direction === "ImportedServices"
                    ? `Callers of ${service} in the peer need an external group.`
                    : `Callers of ${service} from the peer need an exposure at the internal gateway.`,
            );
    whole(
        peering,
        "by-hand",
        `The mesh has no peers: decide how services reach ${name}, and how it reaches them.`,
    );
}

/** The tokens that Consul creates itself. */
const BUILT_IN_TOKENS =
    /^(Anonymous Token|Bootstrap Token \(Global Management\)|Initial Management Token|Server Management Token)$/;

export function translateToken(token: ObjectFields): void {
    const description = textAt(token.object.data, "Description");
    if (BUILT_IN_TOKENS.test(description)) {
        whole(token, "not-needed", "A token that Consul creates itself: it ends with Consul.");
        return;
    }
    const policies = listAt(token.object.data, "Policies").map((one) => textAt(one, "Name"));
    const services = listAt(token.object.data, "ServiceIdentities").map((one) => textAt(one, "ServiceName"));
    const rights = [...policies, ...services].filter((one) => one !== "").join(", ") || "no policy";
    whole(
        token,
        "by-hand",
        `A client calls Consul's API with it (${description || "no description"}; ${rights}): find it, and remove its calls.`,
    );
}

export function translateUsage(usage: ObjectFields): void {
    const count = numberAt(usage.object.data, "Count");
    whole(
        usage,
        "by-hand",
        `Clients of this agent used it ${count} times in the last 10 s (other agents have metrics of their own). Find them before Consul is removed.`,
    );
}

/** Everything outside the draft's datacenter that has no classification of its own. */
export function translateRemote(fields: ObjectFields, context: Context): void {
    const { kind, name, datacenter, data } = fields.object;
    const local = context.get(kind, name);
    const same =
        local !== undefined &&
        kind !== "service" &&
        kind !== "instance" &&
        isSameEntry(local.object.data, data);
    if (same) {
        whole(fields, "not-needed", `Replicated: it is the same as in ${context.primary}.`);
        return;
    }
    const service = kind === "instance" ? textAt(data, "Service") : name;
    const both = kind === "service" && context.get("service", name) !== undefined;
    if (service === "consul") whole(fields, "not-needed", "Consul's servers.");
    else
        whole(
            fields,
            "by-hand",
            both
                ? `One name in ${context.primary} and ${datacenter}: decide whether the two are one service.`
                : `Not in the draft, which describes ${context.primary}: run \`mesh inventory consul --datacenter ${datacenter}\`.`,
        );
}

/** The indexes of the store differ in each datacenter. */
function isSameEntry(a: object, b: object): boolean {
    const comparable = (entry: object): string =>
        JSON.stringify(
            Object.entries(entry).filter(([key]) => key !== "CreateIndex" && key !== "ModifyIndex"),
        );
    return comparable(a) === comparable(b);
}
