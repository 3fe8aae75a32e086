import type { Service } from "../model";

/** What is seen in the video, and what follows from it over time. */
export const intelligence = {
    detection: {
        domain: "intelligence",
        summary: "Finds people, vehicles and events in a stream of pictures.",
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
            // An evaluation may raise an alert, so that a second one may raise a second alert.
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
        summary: "Answers how many, how long and where, over days and sites.",
        tier: "standard",
        rollout: { strategy: "ab-test", cookie: { name: "variant", value: "b" } },
        slowAfter: "1s",
        keepsTenantData: true,
        ports: {
            http: {
                protocol: "http",
                number: 8080,
                tenantContext: "service",
                requests: [
                    "GET /v1/occupancy",
                    "GET /v1/heatmaps/{*}",
                    // A read, whose question is too long for a URL.
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
        summary: "Finds recordings, alerts and devices by what is known of them.",
        tier: "standard",
        keepsTenantData: true,
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
            "Writes the weekly and monthly reports that tenants download or have delivered to their own cloud.",
        tier: "background",
        slowAfter: "2s",
        keepsTenantData: true,
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
                // A report is late at worst: it is drawn up again as a whole.
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
