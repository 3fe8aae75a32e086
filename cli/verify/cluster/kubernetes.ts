/**
 * A cluster by way of its API server. Objects travel as plain JSON, unlike through the client's typed APIs, which
 * rename fields (`from` to `_from`) and would make a comparison with the program's objects meaningless.
 */
import { existsSync } from "node:fs";
import { type RequestOptions, request } from "node:https";
import { Exec, KubeConfig } from "@kubernetes/client-node";
import type { KubeObject } from "../drift/objects";
import { CannotVerify } from "../errors";
import type { Cluster } from "./cluster";
import { execute } from "./exec";
import { KINDS, type Kind } from "./kinds";

const FIELD_MANAGER = "sparc-mesh-verify";
const REQUEST_TIMEOUT_MS = 30_000;
/** A pod is gone at once: a prober has nothing to finish. */
const GRACE_SECONDS = 1;

/** Which cluster. */
export interface Location {
    /** @default what kubectl would use */
    readonly kubeconfig?: string | undefined;
    /** @default the kubeconfig's current one */
    readonly context?: string | undefined;
}

/** @throws CannotVerify where there is no such file or context, or nobody answers. */
export async function connect(location: Location): Promise<Cluster> {
    const config = load(location);
    const cluster = new Kubernetes(config);
    await cluster.call("GET", "version");
    return cluster;
}

function load({ kubeconfig, context }: Location): KubeConfig {
    const config = new KubeConfig();
    if (kubeconfig !== undefined && !existsSync(kubeconfig)) {
        throw new CannotVerify(
            `there is no kubeconfig at ${kubeconfig}`,
            "`make up` starts the embedded node and writes one",
        );
    }
    try {
        if (kubeconfig === undefined) config.loadFromDefault();
        else config.loadFromFile(kubeconfig);
    } catch (error) {
        throw new CannotVerify(`the kubeconfig cannot be read: ${String(error)}`, "repair the file", {
            cause: error,
        });
    }
    if (context !== undefined) config.setCurrentContext(context);
    const contexts = config.getContexts().map(({ name }) => name);
    const current = config.getCurrentContext();
    if (!contexts.includes(current) || config.getCurrentCluster() === null) {
        const known = contexts.length === 0 ? "it has none" : `it has ${contexts.join(", ")}`;
        throw new CannotVerify(
            `the kubeconfig has no context "${current}"`,
            `name one that it has: ${known}`,
        );
    }
    return config;
}

class Kubernetes implements Cluster {
    readonly name: string;
    private readonly exec_: Exec;
    private options: Promise<RequestOptions> | undefined;

    constructor(private readonly config: KubeConfig) {
        this.name = config.getCurrentContext();
        this.exec_ = new Exec(config);
    }

    async list(
        kind: Kind,
        { namespace, labelSelector }: { namespace?: string; labelSelector?: string } = {},
    ) {
        const query =
            labelSelector === undefined ? "" : `?labelSelector=${encodeURIComponent(labelSelector)}`;
        const body = await this.call("GET", `${collection(kind, namespace)}${query}`);
        const { apiVersion = "", items = [] } = (body ?? {}) as { apiVersion?: string; items?: KubeObject[] };
        // The items of a list do not say what they are.
        return items.map((item) => ({ ...item, apiVersion, kind }));
    }

    async get(kind: Kind, namespace: string, name: string): Promise<KubeObject | undefined> {
        return (await this.call("GET", `${collection(kind, namespace)}/${name}`)) as KubeObject | undefined;
    }

    async apply(object: KubeObject): Promise<void> {
        const { name, namespace } = object.metadata;
        const path = `${collection(object.kind as Kind, namespace)}/${name}?fieldManager=${FIELD_MANAGER}&force=true`;
        const found = await this.call("PATCH", path, object);
        if (found === undefined) {
            throw new CannotVerify(
                `there is no namespace ${namespace ?? ""} or no kind ${object.kind} in ${this.name}`,
                "deploy the program first: `make up`",
            );
        }
    }

    async create(object: KubeObject): Promise<boolean> {
        const path = `${collection(object.kind as Kind, object.metadata.namespace)}?fieldManager=${FIELD_MANAGER}`;
        return await this.unlessConflict("POST", path, object);
    }

    async replace(object: KubeObject): Promise<boolean> {
        const { name, namespace } = object.metadata;
        const path = `${collection(object.kind as Kind, namespace)}/${name}?fieldManager=${FIELD_MANAGER}`;
        return await this.unlessConflict("PUT", path, object);
    }

    async remove(kind: Kind, namespace: string, name: string): Promise<void> {
        const path = `${collection(kind, namespace)}/${name}?gracePeriodSeconds=${GRACE_SECONDS}`;
        await this.call("DELETE", path);
    }

    exec(command: Parameters<Cluster["exec"]>[0]) {
        return execute(this.exec_, command);
    }

    private async unlessConflict(method: "POST" | "PUT", path: string, object: KubeObject): Promise<boolean> {
        try {
            // A namespace or an object that is not there cannot be written either.
            return (await this.call(method, path, object, "application/json")) !== undefined;
        } catch (error) {
            if (error instanceof Conflict) return false;
            throw error;
        }
    }

    /** The body of the response; undefined where there is no such object or kind. */
    async call(method: string, path: string, body?: KubeObject, contentType = APPLY): Promise<unknown> {
        const server = this.config.getCurrentCluster()?.server ?? "";
        const options = await (this.options ??= this.authenticated());
        const headers: Record<string, string> = {
            ...(options.headers as Record<string, string> | undefined),
            Accept: "application/json",
            ...(body && { "Content-Type": contentType }),
        };
        const { status, text } = await send(
            `${server}/${path}`,
            { ...options, method, headers, timeout: REQUEST_TIMEOUT_MS },
            body === undefined ? undefined : JSON.stringify(body),
        ).catch((error: unknown) => {
            throw new CannotVerify(
                `the API server of ${this.name} at ${server} cannot be reached: ${messageOf(error)}`,
                "`make up` starts the embedded node; for another cluster, see that kubectl reaches it",
                { cause: error },
            );
        });
        if (status === 404) return undefined;
        if (status === CONFLICT && contentType !== APPLY) throw new Conflict();
        if (status >= 200 && status < 300) return JSON.parse(text) as unknown;
        const { message = text.slice(0, 300) } = parsed(text);
        const remedy =
            status === 401 || status === 403
                ? "use a kubeconfig whose user may list policies, and create, delete and exec into pods"
                : "see the API server's message";
        throw new CannotVerify(`${method} ${path}: ${status} ${message}`, remedy);
    }

    private async authenticated(): Promise<RequestOptions> {
        const options: RequestOptions = {};
        await this.config.applyToHTTPSOptions(options as Parameters<KubeConfig["applyToHTTPSOptions"]>[0]);
        return options;
    }
}

const CONFLICT = 409;

/** The object exists already, or is no longer the version that was to be replaced. */
class Conflict extends Error {}

/** JSON is YAML. */
const APPLY = "application/apply-patch+yaml";

function collection(kind: Kind, namespace?: string): string {
    const { path, plural } = KINDS[kind];
    return namespace === undefined ? `${path}/${plural}` : `${path}/namespaces/${namespace}/${plural}`;
}

function send(
    url: string,
    options: RequestOptions,
    body?: string,
): Promise<{ status: number; text: string }> {
    return new Promise((resolve, reject) => {
        const outgoing = request(url, options, (response) => {
            const chunks: Buffer[] = [];
            response.on("data", (chunk: Buffer) => chunks.push(chunk));
            response.on("error", reject);
            response.on("end", () => {
                resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString("utf8") });
            });
        });
        outgoing.on("timeout", () => outgoing.destroy(new Error("no answer in time")));
        outgoing.on("error", reject);
        outgoing.end(body);
    });
}

function parsed(text: string): { message?: string } {
    try {
        return JSON.parse(text) as { message?: string };
    } catch {
        return {};
    }
}

function messageOf(error: unknown): string {
    return error instanceof Error ? error.message || error.name : String(error);
}
