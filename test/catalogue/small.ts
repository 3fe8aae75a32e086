/** The smallest catalogue with one of everything, for tests that introduce one mistake at a time. */

import { checkCatalogue } from "../../catalogue/check";
import type { Problem } from "../../catalogue/check";
import type {
    Call,
    Catalogue,
    Exposure,
    ExternalGroup,
    GrpcPort,
    HttpPort,
    Service,
    Store,
    TcpPort,
    WebSocketPort,
} from "../../catalogue/model";

/** The same data, but mutable. */
export type Draft<T> = T extends readonly (infer E)[]
    ? Draft<E>[]
    : T extends object
      ? { -readonly [K in keyof T]: Draft<T[K]> }
      : T;

/** A record with known names, to which others can be added. */
type Open<K extends string, T> = Record<K, Draft<T>> & Record<string, Draft<T>>;

/** front → middle → back; front uses the store db and the external group mail. */
export interface Small {
    readonly services: Open<"front" | "middle" | "back", Service>;
    readonly stores: Open<"db", Store>;
    readonly external: Open<"mail", ExternalGroup>;
    readonly exposure: Draft<Exposure>;
    readonly frontToMiddle: Draft<Call>;
    readonly middleToBack: Draft<Call>;
    readonly http: Draft<HttpPort>;
    readonly grpc: Draft<GrpcPort>;
    readonly ws: Draft<WebSocketPort>;
    readonly tcp: Draft<TcpPort>;
}

/** A new copy. */
export function small(): Small {
    const http: Draft<HttpPort> = {
        protocol: "http",
        number: 8080,
        requests: ["GET /items", "GET /items/{*}", "POST /items"],
    };
    const grpc: Draft<GrpcPort> = {
        protocol: "grpc",
        number: 9090,
        service: "example.v1.Middle",
        methods: ["Get", "Put", "Watch"],
        streaming: ["Watch"],
    };
    const ws: Draft<WebSocketPort> = { protocol: "ws", number: 8090, path: "/events" };
    const tcp: Draft<TcpPort> = { protocol: "tcp", number: 1883, application: "mqtt" };
    const exposure: Draft<Exposure> = {
        gateway: "public",
        host: "api",
        port: "http",
        requests: ["GET /items"],
        authentication: "jwt",
        timeout: "10s",
    };
    const frontToMiddle: Draft<Call> = {
        to: "middle",
        port: "grpc",
        methods: ["Get"],
        timeout: "5s",
        idempotent: true,
    };
    const middleToBack: Draft<Call> = {
        to: "back",
        port: "http",
        requests: ["GET /items/{*}"],
        timeout: "2s",
        idempotent: true,
    };
    return {
        services: {
            front: {
                ...plain(),
                ports: { http: { protocol: "http", number: 8080, requests: ["GET /items", "POST /items"] } },
                exposures: [exposure],
                calls: [frontToMiddle],
                stores: ["db"],
                external: ["mail"],
            },
            middle: { ...plain(), ports: { grpc }, calls: [middleToBack] },
            back: { ...plain(), ports: { http, ws, mqtt: tcp } },
        },
        stores: {
            db: { summary: "A store.", ports: { db: { protocol: "tcp", number: 5432, application: "sql" } } },
        },
        external: {
            mail: {
                summary: "An external service.",
                hosts: [{ host: "mail.example.com", port: 443, protocol: "https" }],
            },
        },
        exposure,
        frontToMiddle,
        middleToBack,
        http,
        grpc,
        ws,
        tcp,
    };
}

/** A service with one HTTP port and nothing else. */
export function plain(): Draft<Service> {
    return {
        domain: "test",
        summary: "A service.",
        tier: "standard",
        ports: { http: { protocol: "http", number: 8080, requests: ["GET /items"] } },
    };
}

/** An idempotent call of a plain service. */
export function callTo(to: string, timeout: Call["timeout"] = "1s"): Draft<Call> {
    return { to, port: "http", requests: ["GET /items"], timeout, idempotent: true };
}

/** The small catalogue, changed. */
export function changed(change: (draft: Small) => void): Catalogue {
    const draft = small();
    change(draft);
    return { services: draft.services, stores: draft.stores, external: draft.external };
}

/** The problems of the small catalogue after a change. */
export function problemsAfter(change: (draft: Small) => void): Problem[] {
    return checkCatalogue(changed(change));
}

/** A catalogue of plain services, each with the calls given: `{ a: ["b"], b: [] }`. */
export function graph(calls: Readonly<Record<string, readonly (string | Draft<Call>)[]>>): {
    services: Record<string, Draft<Service>>;
    stores: Record<string, never>;
    external: Record<string, never>;
} {
    const services: Record<string, Draft<Service>> = {};
    for (const [name, callees] of Object.entries(calls)) {
        services[name] = {
            ...plain(),
            calls: callees.map((callee) => (typeof callee === "string" ? callTo(callee) : callee)),
        };
    }
    return { services, stores: {}, external: {} };
}
