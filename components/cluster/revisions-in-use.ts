/** Rejects an update that would remove an Istio revision that proxies still use. Reads the cluster, and changes nothing. */
import { request as httpRequest } from "node:http";
import { request as httpsRequest, type RequestOptions } from "node:https";
import { createRequire } from "node:module";
import type * as kubernetes from "@kubernetes/client-node";
import * as pulumi from "@pulumi/pulumi";
import type { MeshConfig } from "../../config/schema";
import { type PodFields, proxyOf, revisionsInUse } from "../../config/proxies";
import { NAMESPACES } from "../base/names";
import { causeOf, runError } from "../base/run-error";

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
    pulumi.output(access.kubeconfig).apply(async (kubeconfig) => {
        const { problem, warning } = await checkRevisions(istio, { ...access, kubeconfig });
        if (warning !== undefined) await pulumi.log.warn(warning);
        if (problem === undefined) return;
        throw runError(problem);
    });
}

/** What the check found: a problem rejects the update, a warning does not. */
export interface RevisionCheck {
    readonly problem?: string;
    readonly warning?: string;
}

/**
 * Lists what the cluster runs. Only a machine that cannot connect, as in the step that creates a private cluster, gets a
 * warning: whatever the server responds instead of the list, the update must not delete what may be in use.
 */
export async function checkRevisions(
    istio: MeshConfig["istio"],
    { kubeconfig, context }: { readonly kubeconfig: string | undefined; readonly context?: string },
): Promise<RevisionCheck> {
    const listed = new Set(istio.revisions.map(({ name }) => name));
    try {
        const problem = await removalProblem(apiServer(kubeconfig, context), listed);
        return problem === undefined ? {} : { problem };
    } catch (error) {
        const text = `cannot check whether proxies use an Istio revision that this stack no longer lists: ${causeOf(error)}`;
        return error instanceof AnsweredError && !pulumi.runtime.isDryRun()
            ? { problem: `${text}; ${error.remedy}` }
            : { warning: text };
    }
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
    readonly kind?: string;
    readonly metadata?: { readonly continue?: string };
    readonly items?: readonly Item[] | null;
}

function isList(page: unknown): page is List<unknown> {
    const { items, kind } = (page ?? {}) as List<unknown>;
    return (
        Array.isArray(items) || ((items === undefined || items === null) && kind?.endsWith("List") === true)
    );
}

async function list<Item>(get: Get, path: string): Promise<Item[]> {
    const items: Item[] = [];
    let token = "";
    do {
        const next = token === "" ? "" : `&continue=${encodeURIComponent(token)}`;
        const page = await get(`${path}limit=${PAGE}${next}`);
        if (!isList(page)) throw new AnsweredError(200, `GET ${path}: the response is no list`);
        items.push(...((page.items ?? []) as Item[]));
        token = page.metadata?.continue ?? "";
    } while (token !== "");
    return items;
}

/** The API server responded, but not with the list. */
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
        const url = new URL(`${server.replace(/\/$/, "")}${path}`);
        const text = await read(url, options);
        try {
            return JSON.parse(text) as unknown;
        } catch {
            // A proxy's log-in page, for instance.
            throw new AnsweredError(200, `GET ${url.pathname}: the response is not JSON`);
        }
    };
}

function read(url: URL, options: RequestOptions): Promise<string> {
    return new Promise((resolve, reject) => {
        // Of `kubectl proxy`, for instance.
        const request = url.protocol === "http:" ? httpRequest : httpsRequest;
        const sent = request(url, { ...options, timeout: TIMEOUT_MS }, (response) => {
            const chunks: Buffer[] = [];
            response.on("data", (chunk: Buffer) => chunks.push(chunk));
            response.on("error", reject);
            response.on("end", () => {
                const text = Buffer.concat(chunks).toString();
                const status = response.statusCode ?? 0;
                if (status !== 200)
                    reject(new AnsweredError(status, `GET ${url.pathname}: ${status} ${text}`));
                else resolve(text);
            });
        });
        sent.on("timeout", () =>
            sent.destroy(new Error(`${url.origin} did not respond in ${TIMEOUT_MS} ms`)),
        );
        sent.on("error", reject);
        sent.end();
    });
}
