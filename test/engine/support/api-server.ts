/** An in-memory API server on loopback, with the endpoints that the engine uses. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { KubeClient } from "../../../local/engine/kube/client";

type Stored = Record<string, unknown> & { metadata: Record<string, unknown> };

/** A response that replaces the server's. */
export interface PathRejection {
    readonly status: number;
    readonly message: string;
    readonly reason?: string;
    readonly details?: { readonly kind: string };
}

const KINDS: Record<string, readonly { kind: string; name: string; namespaced: boolean }[]> = {
    "/api/v1": [
        { kind: "Namespace", name: "namespaces", namespaced: false },
        { kind: "ConfigMap", name: "configmaps", namespaced: true },
        { kind: "Secret", name: "secrets", namespaced: true },
        { kind: "Service", name: "services", namespaced: true },
    ],
    "/apis/apps/v1": [{ kind: "Deployment", name: "deployments", namespaced: true }],
};

export class ApiServer {
    /** Objects by path. */
    readonly objects = new Map<string, Stored>();
    /** Requests as `METHOD path`, without queries. */
    readonly requests: string[] = [];
    /** Called before each response. */
    rejection: (method: string, path: string, body: unknown) => PathRejection | undefined = () => undefined;
    private version = 0;
    private folder = "";

    private constructor(private readonly server: Server) {}

    static async start(): Promise<ApiServer> {
        const server = createServer((request, response) => void api.answer(request, response));
        const api = new ApiServer(server);
        await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
        api.folder = await mkdtemp(join(tmpdir(), "sparc-mesh-api-"));
        const { port } = server.address() as AddressInfo;
        const cluster = { server: `http://127.0.0.1:${port}`, "insecure-skip-tls-verify": true };
        const config = {
            clusters: [{ name: "fake", cluster }],
            users: [{ name: "fake", user: {} }],
            contexts: [{ name: "fake", context: { cluster: "fake", user: "fake" } }],
            "current-context": "fake",
        };
        await writeFile(api.kubeconfig, JSON.stringify(config));
        return api;
    }

    get kubeconfig(): string {
        return join(this.folder, "kubeconfig");
    }

    client(): KubeClient {
        return KubeClient.fromKubeconfig(this.kubeconfig);
    }

    async stop(): Promise<void> {
        this.server.closeAllConnections();
        await new Promise((resolve) => this.server.close(resolve));
        await rm(this.folder, { recursive: true });
    }

    /** Serves an additional kind. */
    serve(group: string, kind: string, name: string): void {
        this.extra.set(group, [...(this.extra.get(group) ?? []), { kind, name, namespaced: true }]);
    }

    /** Creates an object as another client would. */
    put(path: string, object: Record<string, unknown>): void {
        const metadata = (object["metadata"] ?? {}) as Record<string, unknown>;
        this.objects.set(path, {
            ...object,
            metadata: { uid: `uid-${++this.version}`, ...this.stamp(), ...metadata },
        });
    }

    private readonly extra = new Map<string, { kind: string; name: string; namespaced: boolean }[]>();

    private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
        const { pathname: path, searchParams: query } = new URL(request.url ?? "", "http://x");
        const method = request.method ?? "";
        let text = "";
        for await (const chunk of request) text += String(chunk);
        const body: unknown = text === "" ? undefined : JSON.parse(text);
        this.requests.push(`${method} ${path}`);
        const refusal = this.rejection(method, path, body);
        const [status, answer] = refusal
            ? [refusal.status, { kind: "Status", ...refusal }]
            : this.handle(method, path, body, query);
        response.writeHead(status, { "content-type": "application/json" });
        response.end(JSON.stringify(answer));
    }

    private handle(method: string, path: string, body: unknown, query: URLSearchParams): [number, unknown] {
        const kinds = [...(KINDS[path] ?? []), ...(this.extra.get(path) ?? [])];
        if (kinds.length > 0) return [200, { resources: kinds }];
        const stored = this.objects.get(path);
        switch (method) {
            case "GET":
                if (stored !== undefined) return [200, stored];
                return this.isCollection(path)
                    ? [200, { metadata: {}, items: this.list(path, query.get("labelSelector") ?? "") }]
                    : this.absent(path);
            case "PATCH":
                return this.apply(path, body as Stored, stored, query);
            case "POST":
                this.put(`${path}/${String((body as Stored).metadata["name"])}`, body as Stored);
                return [201, body];
            case "PUT":
                return this.replace(path, body as Stored, stored);
            default:
                if (stored === undefined) return this.absent(path);
                this.objects.delete(path);
                return [200, { kind: "Status" }];
        }
    }

    /** Another manager's fields are kept, as if the engine had never set one that it no longer sets. */
    private apply(
        path: string,
        body: Stored,
        stored: Stored | undefined,
        query: URLSearchParams,
    ): [number, unknown] {
        const manager = query.get("fieldManager") ?? "";
        const managers = new Set([...managersOf(stored), manager]);
        const managedFields = [...managers].map((name) => ({ manager: name, operation: "Apply" }));
        const { uid = `uid-${++this.version}`, resourceVersion } = stored?.metadata ?? {};
        const content = manager === "sparc-mesh" ? body : (merged(stored ?? {}, body) as Stored);
        const next: Stored = {
            ...content,
            metadata: { ...content.metadata, uid, resourceVersion, managedFields },
        };
        if (query.get("dryRun") === "All") return [200, next];
        if (stored !== undefined && isDeepStrictEqual(next, stored)) return [200, stored];
        const changed = { ...next, metadata: { ...next.metadata, ...this.stamp() } };
        this.objects.set(path, changed);
        return [stored === undefined ? 201 : 200, changed];
    }

    private replace(path: string, body: Stored, stored: Stored | undefined): [number, unknown] {
        if (stored?.metadata["resourceVersion"] !== body.metadata["resourceVersion"]) {
            return [409, { kind: "Status", message: "the object has been modified", reason: "Conflict" }];
        }
        this.put(path, { ...body, metadata: { ...body.metadata, ...this.stamp() } });
        return [200, body];
    }

    private stamp(): { resourceVersion: string } {
        return { resourceVersion: String(++this.version) };
    }

    private isCollection(path: string): boolean {
        const plural = path.split("/").at(-1);
        return [...Object.values(KINDS), ...this.extra.values()].flat().some(({ name }) => name === plural);
    }

    /** Objects of a collection, of one namespace or of all. */
    private list(collection: string, selector: string): Stored[] {
        const plural = collection.split("/").at(-1) ?? "";
        return [...this.objects]
            .filter(([path]) => path.split("/").at(-2) === plural)
            .filter(([path]) => !collection.includes("/namespaces/") || path.startsWith(`${collection}/`))
            .map(([, object]) => object)
            .filter(({ metadata }) => {
                const labels = (metadata["labels"] ?? {}) as Record<string, string>;
                const wanted = selector.split(",").filter((term) => term !== "");
                return wanted.every((term) => labels[term.split("=")[0]!] === term.split("=")[1]);
            });
    }

    private absent(path: string): [number, unknown] {
        return [404, { kind: "Status", message: `${path} not found`, reason: "NotFound" }];
    }
}

function managersOf(object: Stored | undefined): string[] {
    const fields = (object?.metadata["managedFields"] ?? []) as readonly { readonly manager: string }[];
    return fields.map(({ manager }) => manager);
}

/** Objects by field; every other value is replaced. */
function merged(before: unknown, after: unknown): unknown {
    const isObject = (value: unknown): value is Record<string, unknown> =>
        typeof value === "object" && value !== null && !Array.isArray(value);
    if (!isObject(before) || !isObject(after)) return after;
    const entries = Object.entries(after).map(([field, value]) => [field, merged(before[field], value)]);
    return { ...before, ...(Object.fromEntries(entries) as object) };
}
