import type { Service } from "../model";
import { apiGateway } from "./api-gateway";

/** Where tenants and staff come in. */
export const edge = {
    "api-gateway": apiGateway,

    realtime: {
        domain: "edge",
        summary: "Pushes alerts and the state of devices to open browsers.",
        tier: "critical",
        // Open browsers, nearly all of them silent.
        concurrency: 5_000,
        maxReplicas: 40,
        ports: { ws: { protocol: "ws", number: 8090, path: "/v1/events" } },
        exposures: [{ gateway: "public", host: "ws", port: "ws", authentication: "jwt", timeout: "stream" }],
        calls: [
            { to: "auth", port: "grpc", methods: ["Check"], timeout: "3s", idempotent: true },
            // Not to be retried by the mesh: only realtime knows the last alert it saw, and resumes from there.
            { to: "alerts", port: "grpc", methods: ["Subscribe"], timeout: "stream", idempotent: false },
            {
                to: "devices",
                port: "grpc",
                methods: ["Get", "List"],
                timeout: "2s",
                idempotent: true,
                optional: true,
            },
        ],
        stores: ["redis"],
    },

    "admin-console": {
        domain: "edge",
        summary: "Where the platform's own staff look after tenants, users, devices and invoices.",
        tier: "standard",
        ports: {
            http: {
                protocol: "http",
                number: 8080,
                requests: [
                    "GET /{**}",
                    "POST /admin/{**}",
                    "DELETE /admin/{**}",
                    "POST /internal/reload",
                    "POST /internal/rollouts",
                ],
            },
        },
        exposures: [
            {
                gateway: "admin",
                host: "admin",
                port: "http",
                requests: ["GET /{**}", "POST /admin/{**}", "DELETE /admin/{**}"],
                authentication: "jwt",
                timeout: "15s",
            },
        ],
        calls: [
            { to: "auth", port: "grpc", methods: ["Check"], timeout: "3s", idempotent: true },
            { to: "auth", port: "grpc", methods: ["Revoke"], timeout: "3s", idempotent: false },
            { to: "tenants", port: "grpc", methods: ["Get", "List"], timeout: "1s", idempotent: true },
            { to: "tenants", port: "grpc", methods: ["Create", "Suspend"], timeout: "2s", idempotent: false },
            { to: "users", port: "grpc", methods: ["Get", "List"], timeout: "2s", idempotent: true },
            { to: "users", port: "grpc", methods: ["Deactivate"], timeout: "2s", idempotent: false },
            {
                to: "billing",
                port: "grpc",
                methods: ["GetInvoice", "ListInvoices"],
                timeout: "5s",
                idempotent: true,
                optional: true,
            },
            {
                to: "billing",
                port: "grpc",
                methods: ["Refund"],
                timeout: "10s",
                idempotent: false,
                optional: true,
            },
            {
                to: "audit",
                port: "grpc",
                methods: ["Query"],
                timeout: "5s",
                idempotent: true,
                optional: true,
            },
            {
                to: "settings",
                port: "grpc",
                methods: ["Get", "List"],
                timeout: "1s",
                idempotent: true,
                optional: true,
            },
            {
                to: "settings",
                port: "grpc",
                methods: ["Update"],
                timeout: "1s",
                idempotent: false,
                optional: true,
            },
            {
                to: "devices",
                port: "grpc",
                methods: ["Get", "List"],
                timeout: "2s",
                idempotent: true,
                optional: true,
            },
            {
                to: "devices",
                port: "grpc",
                methods: ["Decommission"],
                timeout: "5s",
                idempotent: false,
                optional: true,
            },
        ],
    },
} satisfies Record<string, Service>;
