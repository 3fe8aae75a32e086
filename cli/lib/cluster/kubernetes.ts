/** A cluster, accessed through its API server in plain JSON. */
import { Exec, type KubeConfig } from "@kubernetes/client-node";
import { type ApiRequest, KubeClient } from "../../../local/engine/kube/client";
import { ApiError, UnreachableError } from "../../../local/engine/kube/errors";
import { defaultKubeconfig, loadKubeconfig } from "../kubeconfig";
import type { KubeObject } from "../drift/objects";
import { CannotVerify } from "./cannot-verify";
import type { Cluster } from "./cluster";
import { execute } from "./exec";
import { KINDS, type Kind } from "./kinds";

const FIELD_MANAGER = "sparc-mesh-verify";
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
    private readonly client: KubeClient;

    constructor(config: KubeConfig) {
        this.name = config.getCurrentContext();
        this.client = KubeClient.of(config);
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
    async call(
        method: ApiRequest["method"],
        path: string,
        body?: KubeObject,
        contentType = APPLY,
    ): Promise<unknown> {
        try {
            const request = { method, path: `/${path}`, ...(body && { body, contentType }) };
            return (await this.client.call(request)).body;
        } catch (error) {
            if (error instanceof UnreachableError)
                throw new CannotVerify(
                    `the API server of ${this.name} at ${this.client.address} is unreachable: ${messageOf(error.cause)}`,
                    "`make up` starts the embedded node; for another cluster, check it with kubectl",
                    { cause: error },
                );
            if (!(error instanceof ApiError)) throw error;
            const { status, message } = error;
            if (status === 404) return undefined;
            if (status === CONFLICT && contentType !== APPLY) throw new Conflict();
            const remedy =
                status === 401 || status === 403
                    ? "use a kubeconfig whose user can list policies, and create, delete and exec into pods"
                    : "see the API server's message above";
            throw new CannotVerify(`${method} ${path}: ${status} ${message}`, remedy);
        }
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

function messageOf(error: unknown): string {
    return error instanceof Error ? error.message || error.name : String(error);
}
