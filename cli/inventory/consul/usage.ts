/** Which parts of Consul's API and DNS clients use, by the metrics of the agent that responds. */
import type { ReadObject } from "../model";
import * as answers from "./answers";
import type { ConsulClient } from "./client";

/** Requests for which the agent's UI, CLI and health checks are no reason to expect a client that depends on Consul. */
const CLIENT_PATHS =
    /^v1[./](agent[./](check|connect|health|service)|catalog[./](connect|service|services|node)|health|kv|query|session|event|txn)/;

/**
 * Adds an object for each path and DNS query type in the metrics of the last interval (10 s). Without the right to read
 * metrics it adds none: the report states that other agents have metrics, too.
 */
export async function readApiUsage(
    { client, objects }: { readonly client: ConsulClient; readonly objects: ReadObject[] },
    datacenter: string,
): Promise<void> {
    const metrics = await client.get("/v1/agent/metrics", answers.metrics).catch(() => undefined);
    for (const { Name, Count, Labels } of metrics?.value.Samples ?? []) {
        const path = Labels?.["path"];
        const method = Labels?.["method"];
        const isApi = /(^|\.)api\.http$/.test(Name) && typeof path === "string" && CLIENT_PATHS.test(path);
        const isDns = /(^|\.)dns\.(domain_query|ptr_query)$/.test(Name);
        if (!isApi && !isDns) continue;
        const name = isApi
            ? `${typeof method === "string" ? method : "any"} ${path}`
            : Name.replace(/^.*\.dns\./, "dns ");
        if (objects.some((one) => one.kind === "api-usage" && one.name === name)) continue;
        objects.push({ kind: "api-usage", datacenter, name, data: { Name: name, Count } });
    }
}
