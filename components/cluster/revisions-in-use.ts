/** Rejects an update that would remove an Istio revision that proxies still use. Reads the cluster, and changes nothing. */
import { request, type RequestOptions } from "node:https";
import { createRequire } from "node:module";
import type * as kubernetes from "@kubernetes/client-node";
import * as pulumi from "@pulumi/pulumi";
import type { MeshConfig } from "../../config/schema";
import { NAMESPACES } from "../base/names";
import { type PodFields, proxyOf, revisionsInUse } from "../../config/proxies";

const PAGE = 500;
const TIMEOUT_MS = 10_000;

/** How to reach a cluster: the content or the path of a kubeconfig; undefined for the environment's. */
export interface ClusterAccess {
    readonly kubeconfig?: pulumi.Input<string>;
    readonly context?: string;
}

/** Reads a path of the API server. */
export type Get = (path: string) => Promise<unknown>;

/**
 * Pulumi deletes what the program no longer registers after the program has ended, so an error here prevents it. The
 * in-process engine has the same check, with its inventory (ADR 49).
 */
export function rejectRevisionsInUse({ istio }: MeshConfig, access: ClusterAccess): void {
    if (pulumi.runtime.getEngine() === undefined) return;
    // Without an output that is unknown, as in a preview of a cluster that does not exist yet.
    pulumi.output(access.kubeconfig).apply((kubeconfig) => check(istio, kubeconfig, access.context));
}

async function check(
    istio: MeshConfig["istio"],
    kubeconfig: string | undefined,
    context: string | undefined,
): Promise<void> {
    const listed = new Set(istio.revisions.map(({ name }) => name));
    let problem: string | undefined;
    try {
        problem = await removalProblem(apiServer(kubeconfig, context), listed);
    } catch (error) {
        const cause = error instanceof Error ? error.message : String(error);
        // A machine that cannot connect, as in the step that creates a private cluster, only gets a warning.
        if (!(error instanceof AnsweredError) || pulumi.runtime.isDryRun()) {
            await pulumi.log.warn(
                `cannot check whether proxies use an Istio revision that this stack no longer lists: ${cause}`,
            );
            return;
        }
        problem = `cannot check whether proxies use an Istio revision that this stack no longer lists: ${cause}; ${error.remedy}`;
    }
    if (problem === undefined) return;
    // Pulumi prints the stack of an error in an output; the user needs only the message.
    throw Object.assign(new pulumi.RunError(problem), { stack: problem });
}

/**
 * @param listed the revisions that the stack lists
 * @returns an error that names the pods, if proxies use an installed revision that is not among them
 */
export async function removalProblem(get: Get, listed: ReadonlySet<string>): Promise<string | undefined> {
    const istiods = await list<DeploymentFields>(
        get,
        `/apis/apps/v1/namespaces/${NAMESPACES.system}/deployments?labelSelector=app%3Distiod&`,
    );
    const removed = istiods.flatMap(({ metadata }) => metadata?.labels?.["istio.io/rev"] ?? []);
    const unlisted = new Set(removed.filter((name) => !listed.has(name)));
    if (unlisted.size === 0) return undefined;
    const pods = await list<PodFields>(get, "/api/v1/pods?");
    const problem = revisionsInUse(
        unlisted,
        pods.flatMap((pod) => proxyOf(pod) ?? []),
    );
    return problem && `${problem.message}\n${problem.remedy}`;
}

interface DeploymentFields {
    readonly metadata?: { readonly labels?: Readonly<Record<string, string>> };
}

interface List<Item> {
    readonly metadata?: { readonly continue?: string };
    readonly items?: readonly Item[];
}

async function list<Item>(get: Get, path: string): Promise<Item[]> {
    const items: Item[] = [];
    let token = "";
    do {
        const next = token === "" ? "" : `&continue=${encodeURIComponent(token)}`;
        const page = (await get(`${path}limit=${PAGE}${next}`)) as List<Item>;
        items.push(...(page.items ?? []));
        token = page.metadata?.continue ?? "";
    } while (token !== "");
    return items;
}

/** The API server responded, but not with the list: the update must not delete what may be in use. */
class AnsweredError extends Error {
    constructor(
        readonly status: number,
        message: string,
    ) {
        super(message);
    }

    get remedy(): string {
        return this.status === 401 || this.status === 403
            ? "allow this user to list pods and Deployments"
            : "run the update again";
    }
}

function apiServer(kubeconfig: string | undefined, context: string | undefined): Get {
    // Loading the client takes a second, which stacks in tests and previews of new clusters need not wait for.
    const { KubeConfig } = createRequire(__filename)("@kubernetes/client-node") as typeof kubernetes;
    const config = new KubeConfig();
    if (kubeconfig === undefined) config.loadFromDefault();
    else if (kubeconfig.includes("\n") || kubeconfig.startsWith("{")) config.loadFromString(kubeconfig);
    else config.loadFromFile(kubeconfig);
    if (context !== undefined) config.setCurrentContext(context);
    const server = config.getCurrentCluster()?.server;
    if (server === undefined) throw new Error("the kubeconfig has no current cluster");
    return async (path) => {
        const options: RequestOptions = {};
        await config.applyToHTTPSOptions(options);
        return read(new URL(`${server.replace(/\/$/, "")}${path}`), options);
    };
}

function read(url: URL, options: RequestOptions): Promise<unknown> {
    return new Promise((resolve, reject) => {
        const sent = request(url, { ...options, timeout: TIMEOUT_MS }, (response) => {
            const chunks: Buffer[] = [];
            response.on("data", (chunk: Buffer) => chunks.push(chunk));
            response.on("error", reject);
            response.on("end", () => {
                const text = Buffer.concat(chunks).toString();
                const status = response.statusCode ?? 0;
                if (status !== 200)
                    reject(new AnsweredError(status, `GET ${url.pathname}: ${status} ${text}`));
                else resolve(JSON.parse(text));
            });
        });
        sent.on("timeout", () =>
            sent.destroy(new Error(`${url.origin} did not respond in ${TIMEOUT_MS} ms`)),
        );
        sent.on("error", reject);
        sent.end();
    });
}
