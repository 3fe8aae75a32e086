import type { Service } from "../model";

/** Detection in video, and analytics, search and reports over its results. */
export const intelligence = {
    detection: {
        domain: "intelligence",
        summary: "Detects people, vehicles and events in a stream of images.",
        tier: "standard",
        maxReplicas: 400,
        ports: {
            grpc: {
                protocol: "grpc",
                number: 9090,
                tenantContext: "service",
                service: "sparc.detection.v1.Detection",
                methods: ["Detect", "ListModels", "LoadModel"],
                streaming: ["Detect"],
            },
        },
        calls: [
            // An evaluation can raise an alert, so a retry could raise it twice.
            {
                to: "rules",
                port: "grpc",
                methods: ["Evaluate"],
                timeout: "5s",
                idempotent: false,
                assertsTenant: true,
            },
        ],
        external: ["ai"],
    },

    analytics: {
        domain: "intelligence",
        summary: "Aggregates counts, durations and places over days and sites.",
        tier: "standard",
        rollout: { strategy: "ab-test", cookie: { name: "variant", value: "b" } },
        latencyThreshold: "1s",
        storesTenantData: true,
        ports: {
            http: {
                protocol: "http",
                number: 8080,
                tenantContext: "service",
                requests: [
                    "GET /v1/occupancy",
                    "GET /v1/heatmaps/{*}",
                    // A read whose query is too long for a URL.
                    "POST /v1/queries",
                    "DELETE /v1/aggregates/{*}",
                ],
            },
        },
        calls: [
            {
                to: "recordings",
                port: "grpc",
                methods: ["Get", "List"],
                timeout: "2s",
                idempotent: true,
                assertsTenant: true,
            },
            {
                to: "search",
                port: "http",
                requests: ["GET /v1/search", "PUT /v1/documents/{*}"],
                timeout: "1s",
                idempotent: true,
                optional: true,
                assertsTenant: true,
            },
        ],
        stores: ["postgres", "kafka"],
    },

    search: {
        domain: "intelligence",
        summary: "Finds recordings, alerts and devices by their attributes.",
        tier: "standard",
        storesTenantData: true,
        ports: {
            http: {
                protocol: "http",
                number: 8080,
                tenantContext: "service",
                requests: [
                    "GET /v1/search",
                    "GET /v1/suggestions",
                    "PUT /v1/documents/{*}",
                    "DELETE /v1/documents/{*}",
                ],
            },
        },
        stores: ["opensearch"],
    },

    reports: {
        domain: "intelligence",
        summary:
            "Writes the weekly and monthly reports that tenants download or have delivered to their cloud.",
        tier: "background",
        latencyThreshold: "2s",
        storesTenantData: true,
        ports: {
            http: {
                protocol: "http",
                number: 8080,
                requests: [
                    "GET /v1/reports",
                    "GET /v1/reports/{*}",
                    "POST /v1/reports",
                    "DELETE /v1/reports/{*}",
                ],
            },
        },
        calls: [
            {
                to: "analytics",
                port: "http",
                requests: ["POST /v1/queries"],
                timeout: "5s",
                idempotent: true,
                // A failed report is only late: it is generated again as a whole.
                retries: 0,
                assertsTenant: true,
            },
            {
                to: "recordings",
                port: "grpc",
                methods: ["List"],
                timeout: "2s",
                idempotent: true,
                assertsTenant: true,
            },
            {
                to: "audit",
                port: "grpc",
                methods: ["Query"],
                timeout: "5s",
                idempotent: true,
                optional: true,
                assertsTenant: true,
            },
        ],
        stores: ["postgres"],
        external: ["gcp", "azure"],
    },
} satisfies Record<string, Service>;
