/**
 * A cluster, accessed through its API server. Uses plain JSON, because the client's typed APIs rename fields (`from` to
 * `_from`), which breaks the comparison with the program's objects.
 */
import { type RequestOptions, request } from "node:https";
import { Exec, type KubeConfig } from "@kubernetes/client-node";
import { defaultKubeconfig, loadKubeconfig } from "../../kubeconfig";
import type { KubeObject } from "../drift/objects";
import { CannotVerify } from "../errors";
import type { Cluster } from "./cluster";
import { execute } from "./exec";
import { KINDS, type Kind } from "./kinds";

const FIELD_MANAGER = "sparc-mesh-verify";
const REQUEST_TIMEOUT_MS = 30_000;
/** Probers have nothing to finish, so they can terminate at once. */
const GRACE_SECONDS = 1;

/** Which cluster. */
export interface Location {
    /** @default kubectl's default */
    readonly kubeconfig?: string | undefined;
    /** @default the current context */
    readonly context?: string | undefined;
}

/** @throws Error if the file or the context does not exist; CannotVerify if the API server does not respond */
export async function connect(location: Location): Promise<Cluster> {
    const config = load(location);
    const cluster = new Kubernetes(config);
    await cluster.call("GET", "version");
    return cluster;
}

function load({ kubeconfig, context }: Location): KubeConfig {
    return loadKubeconfig({
        kubeconfig: defaultKubeconfig(kubeconfig),
        ...(context === undefined ? {} : { context }),
    });
}

class Kubernetes implements Cluster {
    readonly name: string;
    private readonly execClient: Exec;
    private options: Promise<RequestOptions> | undefined;

    constructor(private readonly config: KubeConfig) {
        this.name = config.getCurrentContext();
        this.execClient = new Exec(config);
    }

    async list(
        kind: Kind,
        { namespace, labelSelector }: { namespace?: string; labelSelector?: string } = {},
    ) {
        const query =
            labelSelector === undefined ? "" : `?labelSelector=${encodeURIComponent(labelSelector)}`;
        const body = await this.call("GET", `${collection(kind, namespace)}${query}`);
        const { apiVersion = "", items = [] } = (body ?? {}) as { apiVersion?: string; items?: KubeObject[] };
        // List items have no apiVersion and kind.
        return items.map((item) => ({ ...item, apiVersion, kind }));
    }

    async get(kind: Kind, namespace: string, name: string): Promise<KubeObject | undefined> {
        return (await this.call("GET", `${collection(kind, namespace)}/${name}`)) as KubeObject | undefined;
    }

    async apply(object: KubeObject): Promise<void> {
        const { name, namespace } = object.metadata;
        const path = `${collection(object.kind as Kind, namespace)}/${name}?fieldManager=${FIELD_MANAGER}&force=true`;
        const applied = await this.call("PATCH", path, object);
        if (applied === undefined) {
            throw new CannotVerify(
                `namespace ${namespace ?? ""} or kind ${object.kind} does not exist in ${this.name}`,
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
        return execute(this.execClient, command);
    }

    private async unlessConflict(method: "POST" | "PUT", path: string, object: KubeObject): Promise<boolean> {
        try {
            // 404: the namespace or the object does not exist.
            return (await this.call(method, path, object, "application/json")) !== undefined;
        } catch (error) {
            if (error instanceof Conflict) return false;
            throw error;
        }
    }

    /** The response body; undefined if the object or the kind does not exist. */
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
                `the API server of ${this.name} at ${server} is unreachable: ${messageOf(error)}`,
                "`make up` starts the embedded node; for another cluster, check it with kubectl",
                { cause: error },
            );
        });
        if (status === 404) return undefined;
        if (status === CONFLICT && contentType !== APPLY) throw new Conflict();
        if (status >= 200 && status < 300) return JSON.parse(text) as unknown;
        const { message = text.slice(0, 300) } = parsed(text);
        const remedy =
            status === 401 || status === 403
                ? "use a kubeconfig whose user can list policies, and create, delete and exec into pods"
                : "see the API server's message above";
        throw new CannotVerify(`${method} ${path}: ${status} ${message}`, remedy);
    }

    private async authenticated(): Promise<RequestOptions> {
        const options: RequestOptions = {};
        await this.config.applyToHTTPSOptions(options as Parameters<KubeConfig["applyToHTTPSOptions"]>[0]);
        return options;
    }
}

const CONFLICT = 409;

/** The object exists already, or another version is current. */
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
        outgoing.on("timeout", () => outgoing.destroy(new Error("the request timed out")));
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
