import type { Catalogue } from "../../catalogue/model";

/** Two services and two stores, with an edge of each kind. */
export const small: Catalogue = {
    services: {
        web: {
            domain: "test",
            summary: "Takes requests.",
            tier: "standard",
            ports: { http: { protocol: "http", number: 8080, requests: ["GET /{**}", "POST /internal"] } },
            exposures: [
                {
                    gateway: "public",
                    host: "www",
                    port: "http",
                    requests: ["GET /{**}"],
                    authentication: "none",
                    timeout: "5s",
                },
            ],
            calls: [{ to: "auth", port: "grpc", methods: ["Check"], timeout: "1s", idempotent: true }],
            stores: ["cache"],
        },
        auth: {
            domain: "test",
            summary: "Checks requests.",
            tier: "standard",
            ports: {
                grpc: { protocol: "grpc", number: 9090, service: "small.Auth", methods: ["Check", "Revoke"] },
            },
            exposures: [
                {
                    gateway: "admin",
                    host: "auth",
                    port: "grpc",
                    methods: ["Revoke"],
                    authentication: "none",
                    timeout: "5s",
                },
            ],
        },
    },
    stores: {
        cache: {
            summary: "Caches.",
            ports: { redis: { protocol: "tcp", number: 6379, application: "redis" } },
        },
        archive: {
            summary: "Keeps.",
            ports: { postgres: { protocol: "tcp", number: 5432, application: "postgres" } },
        },
    },
    external: {},
};
