import { readFile } from "node:fs/promises";
import { request } from "node:https";
import { join } from "node:path";

import type { KeyPair } from "./authority";
import { pkiFiles, readIdentity } from "./pki";

/** A connection to the node's API server as its administrator. */
export interface Api {
    /**
     * The body of a GET.
     *
     * @throws Error if the server does not respond in time, or with a status other than 200
     */
    get(path: string): Promise<string>;
}

/**
 * @param server the API server's URL
 * @param authority certificate (PEM) of the CA that signed the server's certificate
 */
export function connectApi(server: string, authority: string, identity: KeyPair): Api {
    const options = { ca: authority, cert: identity.certificate, key: identity.key, timeout: 5000 };
    return {
        get: (path) =>
            new Promise((resolve, reject) => {
                const url = new URL(path, server);
                const outgoing = request(url, options, (response) => {
                    const chunks: Buffer[] = [];
                    response.on("data", (chunk: Buffer) => chunks.push(chunk));
                    response.on("error", reject);
                    response.on("end", () => {
                        const body = Buffer.concat(chunks).toString();
                        if (response.statusCode === 200) resolve(body);
                        else
                            reject(
                                new Error(
                                    `${url.href} returned ${response.statusCode}: ${body.slice(0, 500)}`,
                                ),
                            );
                    });
                });
                outgoing.on("timeout", () =>
                    outgoing.destroy(new Error(`${url.href} did not respond within 5 s`)),
                );
                outgoing.on("error", reject);
                outgoing.end();
            }),
    };
}

/** The connection of a node's administrator, whose certificate is in the `pki` folder. */
export async function administrator(pki: string, server: string): Promise<Api> {
    const authority = await readFile(join(pki, pkiFiles.authority("cluster")), "utf8");
    return connectApi(server, authority, await readIdentity(pki, "admin"));
}

interface Condition {
    readonly type: string;
    readonly status: string;
    readonly message?: string;
    readonly lastHeartbeatTime?: string;
}

/** The common fields of Nodes and APIServices. */
interface WithConditions {
    readonly status?: { readonly conditions?: readonly Condition[] };
}

interface DeploymentObject {
    readonly metadata: { readonly generation?: number };
    readonly spec: { readonly replicas?: number };
    readonly status?: {
        readonly observedGeneration?: number;
        readonly updatedReplicas?: number;
        readonly availableReplicas?: number;
    };
}

interface PodObject {
    readonly metadata: { readonly name: string; readonly namespace: string };
    readonly status?: {
        readonly conditions?: readonly Condition[];
        readonly containerStatuses?: readonly {
            readonly state?: { readonly running?: { readonly startedAt: string } };
        }[];
    };
}

/**
 * Whether the Node is ready.
 *
 * @param since milliseconds; an older heartbeat does not count, because it is from before the kubelet's last start
 */
export async function nodeIsReady(api: Api, name: string, since: number): Promise<boolean> {
    const node = JSON.parse(await api.get(`/api/v1/nodes/${name}`)) as WithConditions;
    const ready = node.status?.conditions?.find((condition) => condition.type === "Ready");
    return ready?.status === "True" && Date.parse(ready.lastHeartbeatTime ?? "") >= floorToSecond(since);
}

/** Whether all replicas of a Deployment's current generation are available. */
export async function deploymentIsAvailable(api: Api, namespace: string, name: string): Promise<boolean> {
    const path = `/apis/apps/v1/namespaces/${namespace}/deployments/${name}`;
    const { metadata, spec, status } = JSON.parse(await api.get(path)) as DeploymentObject;
    const desired = spec.replicas ?? 1;
    return (
        status?.observedGeneration === metadata.generation &&
        (status?.updatedReplicas ?? 0) >= desired &&
        (status?.availableReplicas ?? 0) >= desired
    );
}

/** Whether an aggregated API is available through the API server. */
export async function apiServiceIsAvailable(api: Api, name: string): Promise<boolean> {
    const { status } = JSON.parse(
        await api.get(`/apis/apiregistration.k8s.io/v1/apiservices/${name}`),
    ) as WithConditions;
    return status?.conditions?.find(({ type }) => type === "Available")?.status === "True";
}

/**
 * The pods whose Ready condition is from before the node's last boot, as `namespace/name`: the kubelet has not updated
 * their status yet.
 *
 * @param boot time of the boot in milliseconds
 */
export async function stalePods(api: Api, boot: number): Promise<string[]> {
    const { items } = JSON.parse(await api.get("/api/v1/pods")) as { items: PodObject[] };
    const isStale = ({ status }: PodObject): boolean =>
        status?.conditions?.some(({ type, status: value }) => type === "Ready" && value === "True") ===
            true &&
        status.containerStatuses?.some(({ state }) => Date.parse(state?.running?.startedAt ?? "") < boot) ===
            true;
    return items.filter(isStale).map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
}

/** The API server reports times in whole seconds. */
function floorToSecond(milliseconds: number): number {
    return Math.floor(milliseconds / 1000) * 1000;
}
