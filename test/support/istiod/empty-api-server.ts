/** An API server without objects, on loopback: istiod does not start without one, even if it reads its configuration from files. */
import { type IncomingMessage, type Server, type ServerResponse, createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface EmptyApiServer {
    /** Its base URL. */
    readonly url: string;
    stop(): Promise<void>;
}

export async function startEmptyApiServer(): Promise<EmptyApiServer> {
    const server = createServer(answer);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return {
        url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
        stop: () => stopped(server),
    };
}

function answer({ method, url = "", headers }: IncomingMessage, response: ServerResponse): void {
    const { pathname, searchParams } = new URL(url, "http://loopback");
    response.setHeader("content-type", "application/json");
    if (pathname === "/version")
        response.end(JSON.stringify({ major: "1", minor: "36", gitVersion: "v1.36.0" }));
    // Clients fall back to a list with a watch.
    else if (searchParams.has("sendInitialEvents")) fail(response, 400);
    // No object ever changes.
    else if (searchParams.get("watch") === "true" || searchParams.get("watch") === "1")
        response.flushHeaders();
    else if (method === "GET" && COLLECTION.test(pathname)) {
        const isPartial = headers.accept?.includes("as=PartialObjectMetadataList") === true;
        const kind = isPartial ? { apiVersion: "meta.k8s.io/v1", kind: "PartialObjectMetadataList" } : {};
        response.end(JSON.stringify({ ...kind, metadata: { resourceVersion: "1" }, items: [] }));
    } else fail(response, 404);
}

/** `/api/v1/pods`, `/apis/apps/v1/namespaces/sparc/deployments`, but not an object. */
const COLLECTION = /^\/(?:api\/v1|apis\/[^/]+\/[^/]+)\/(?:namespaces\/[^/]+\/)?[^/]+$/;

function fail(response: ServerResponse, code: 400 | 404): void {
    const reason = code === 404 ? "NotFound" : "BadRequest";
    response.statusCode = code;
    response.end(JSON.stringify({ apiVersion: "v1", kind: "Status", status: "Failure", reason, code }));
}

async function stopped(server: Server): Promise<void> {
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
}
