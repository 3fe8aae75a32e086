/** Reads everything from Consul that can matter to a migration. */
import type { z } from "zod";
import type { ReadObject, Unread } from "../model";
import * as answers from "./answers";
import { type Answer, type ConsulClient, ConsulError, mapConcurrently, UNKNOWN_KIND } from "./client";
import { readKeys, readPeerings, readTokens } from "./read-keys";
import { attempt, FILTERED, type Reading, reasonOf } from "./reading";
import { readApiUsage } from "./usage";

/**
 * The kinds of configuration entries, including those of later versions than 1.14. Consul rejects a kind that it does
 * not know, which is no gap in the report.
 */
const CONFIG_KINDS = [
    ...["service-defaults", "proxy-defaults", "service-router", "service-splitter", "service-resolver"],
    ...["service-intentions", "ingress-gateway", "terminating-gateway", "mesh", "exported-services"],
    ...["api-gateway", "bound-api-gateway", "http-route", "tcp-route", "inline-certificate"],
    ...["file-system-certificate", "jwt-provider", "sameness-group", "control-plane-request-limit"],
];

export interface Snapshot {
    /** The one that the draft describes first. */
    readonly datacenters: readonly string[];
    readonly objects: readonly ReadObject[];
    readonly unread: readonly Unread[];
    readonly notes: readonly string[];
    /** Whether calls without an intention are allowed; undefined if unknown. */
    readonly isAllowedByDefault: boolean | undefined;
}

/**
 * @param wanted the datacenters, the draft's first @default all, the agent's first
 * @throws Error if Consul is not reachable, has no leader, or has no such datacenter
 */
export async function readConsul(client: ConsulClient, wanted: readonly string[]): Promise<Snapshot> {
    const reading: Reading = { client, objects: [], unread: [], notes: [] };
    const known = await datacentersOf(client);
    const missing = wanted.filter((name) => !known.includes(name));
    if (missing.length > 0)
        throw new Error(`Consul has no datacenter ${missing.join(", ")}. It has ${known.join(", ")}.`);
    // First: the metrics of the last interval do not contain the requests of this program.
    await readApiUsage(reading, known[0] ?? "");
    const agent = await attempt(
        reading,
        "",
        "the agent's configuration",
        client.get("/v1/agent/self", answers.agent),
    );
    const home = agent?.Config.Datacenter ?? known[0] ?? "";
    const datacenters = wanted.length > 0 ? wanted : [home, ...known.filter((name) => name !== home)];
    for (const datacenter of datacenters) await readDatacenter(reading, datacenter);
    if (agent?.Config.VersionMetadata?.includes("ent") === true)
        reading.unread.push({
            datacenter: "",
            what: "namespaces and partitions",
            reason: "of Consul Enterprise, only the token's default ones are read",
        });
    const { objects, unread, notes } = reading;
    return { datacenters, objects, unread, notes, isAllowedByDefault: defaultPolicyOf(agent?.DebugConfig) };
}

/**
 * The agent's decision where no intention matches (`AgentConnectAuthorize` in Consul's agent/agent_endpoint.go): by
 * `default_intention_policy`, or by the ACL default policy if it is not set.
 */
function defaultPolicyOf(settings: z.infer<typeof answers.agent>["DebugConfig"]): boolean | undefined {
    const policy = settings?.DefaultIntentionPolicy ?? "";
    if (policy !== "") return policy === "allow";
    if (settings?.ACLsEnabled === undefined) return undefined;
    return !settings.ACLsEnabled || settings.ACLResolverSettings?.ACLDefaultPolicy === "allow";
}

async function datacentersOf(client: ConsulClient): Promise<readonly string[]> {
    try {
        const { value: leader } = await client.get("/v1/status/leader", answers.text);
        if (leader === "") throw new ConsulError("the cluster has no leader", undefined);
        return (await client.get("/v1/catalog/datacenters", answers.datacenters)).value;
    } catch (error) {
        if (!(error instanceof ConsulError)) throw error;
        throw new Error(
            `Consul cannot be read: ${error.message}. Check --url, CONSUL_CACERT, and whether Consul runs and has a leader.`,
        );
    }
}

async function readDatacenter(reading: Reading, datacenter: string): Promise<void> {
    const { client, objects, unread } = reading;
    const query = { dc: datacenter };
    const leader = await attempt(
        reading,
        datacenter,
        "datacenter",
        client.get("/v1/status/leader", answers.text, query),
    );
    if (leader === undefined) return;
    if (leader === "") {
        unread.push({ datacenter, what: "datacenter", reason: "it has no leader" });
        return;
    }

    async function list<T extends Readonly<Record<string, unknown>>>(
        kind: string,
        what: string,
        path: string,
        schema: z.ZodType<readonly T[]>,
        nameOf: (one: T) => string,
        more: Readonly<Record<string, string>> = {},
    ): Promise<void> {
        const values = await attempt(
            reading,
            datacenter,
            what,
            client.get(path, schema, { ...query, ...more }),
        );
        for (const data of values ?? []) objects.push({ kind, datacenter, name: nameOf(data), data });
    }

    await Promise.all([
        list("node", "nodes", "/v1/catalog/nodes", answers.nodes, ({ Node }) => Node),
        list(
            "check",
            "checks",
            "/v1/health/state/any",
            answers.checks,
            ({ Node, CheckID }) => `${Node}/${CheckID}`,
        ),
        list("prepared-query", "prepared queries", "/v1/query", answers.preparedQueries, queryName),
        readPeerings(reading, datacenter),
        list("session", "sessions", "/v1/session/list", answers.sessions, ({ ID }) => ID),
        ...CONFIG_KINDS.map((kind) => readConfig(reading, datacenter, kind)),
        readKeys(reading, datacenter),
        readTokens(reading, datacenter),
        readServices(reading, datacenter),
    ]);
}

function queryName({ ID, Name }: { readonly ID: string; readonly Name?: unknown }): string {
    return typeof Name === "string" && Name !== "" ? Name : ID;
}

async function readConfig(reading: Reading, datacenter: string, kind: string): Promise<void> {
    const { client, objects, unread } = reading;
    try {
        const { value, isFiltered } = await client.get(`/v1/config/${kind}`, answers.configEntries, {
            dc: datacenter,
        });
        if (isFiltered) unread.push({ datacenter, what: kind, reason: FILTERED });
        for (const data of value) objects.push({ kind, datacenter, name: data.Name ?? kind, data });
    } catch (error) {
        const reason = reasonOf(error);
        if (!reason.includes(UNKNOWN_KIND)) unread.push({ datacenter, what: kind, reason });
    }
}

async function readServices(reading: Reading, datacenter: string): Promise<void> {
    const { client, objects, notes } = reading;
    const list = (): Promise<Answer<Record<string, string[]>>> =>
        client.get("/v1/catalog/services", answers.serviceTags, { dc: datacenter });
    const before = list();
    const services = await attempt(reading, datacenter, "services", before);
    if (services === undefined) return;
    for (const [name, Tags] of Object.entries(services))
        objects.push({ kind: "service", datacenter, name, data: { Name: name, Tags } });
    await readInstances(reading, datacenter, Object.keys(services));
    const after = await list().catch(() => undefined);
    if (after !== undefined && after.index !== (await before).index)
        notes.push(
            `${datacenter}: services were registered or removed while they were read. Run it again for a consistent report.`,
        );
}

async function readInstances(
    reading: Reading,
    datacenter: string,
    services: readonly string[],
): Promise<void> {
    const { client, objects, unread } = reading;
    const failures = new Map<string, string[]>();
    const fail = (reason: string, name: string): void => {
        failures.set(reason, [...(failures.get(reason) ?? []), name]);
    };
    await mapConcurrently(services, async (service) => {
        try {
            const path = `/v1/health/service/${encodeURIComponent(service)}`;
            const { value, isFiltered } = await client.get(path, answers.instances, { dc: datacenter });
            if (isFiltered) fail(FILTERED, service);
            for (const { Node, Service } of value) {
                const data = { ...Service, Node: Node.Node, NodeAddress: Node.Address };
                objects.push({ kind: "instance", datacenter, name: `${Node.Node}/${Service.ID}`, data });
            }
        } catch (error) {
            fail(reasonOf(error), service);
        }
    });
    for (const [reason, names] of failures) {
        const some = names.slice(0, 3).join(", ") + (names.length > 3 ? ", …" : "");
        const what = `instances of ${names.length} of ${services.length} services (${some})`;
        unread.push({ datacenter, what, reason });
    }
}
