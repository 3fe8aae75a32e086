/** Which parts of Consul's API and DNS clients use, by the metrics of the agent that responds. */
import type { ReadObject } from "../model";
import * as answers from "./answers";
import type { ConsulClient } from "./client";

/** Labels of requests that applications send: `v1_health_service_`. The agent's own status requests are not among them. */
const CLIENT_PATHS =
    /^v1_(agent_(check|connect|health|service)|catalog_(connect|node|service)|event|health|kv|query|session|txn)/;

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
