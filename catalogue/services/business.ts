import type { Service } from "../model";

/** Billing, and integrations with tenants' systems. */
export const business = {
    billing: {
        domain: "business",
        summary: "Stores plans and invoices, and charges for them.",
        tier: "critical",
        rollout: { strategy: "progressive", approval: true, kpis: ["payment"] },
        storesTenantData: true,
        ports: {
            grpc: {
                protocol: "grpc",
                number: 9090,
                tenantContext: "service",
                service: "sparc.billing.v1.Billing",
                methods: [
                    "GetPlan",
                    "ChangePlan",
                    "GetInvoice",
                    "ListInvoices",
                    "Charge",
                    "Refund",
                    "CloseAccount",
                ],
            },
        },
        calls: [
            {
                to: "tenants",
                port: "grpc",
                methods: ["Get"],
                timeout: "1s",
                idempotent: true,
                assertsTenant: true,
            },
            {
                to: "notifications",
                port: "grpc",
                methods: ["Send"],
                timeout: "1s",
                idempotent: false,
                optional: true,
                assertsTenant: true,
            },
            {
                to: "audit",
                port: "grpc",
                methods: ["Record"],
                timeout: "500ms",
                idempotent: true,
                assertsTenant: true,
            },
        ],
        stores: ["postgres"],
        external: ["payment"],
    },

    integrations: {
        domain: "business",
        summary: "Connects tenants' systems: receives their webhooks and stores their connections.",
        tier: "standard",
        // It receives a few webhooks an hour.
        rollout: { strategy: "progressive", load: { path: "/v1/integrations", perSecond: 5 } },
        storesTenantData: true,
        ports: {
            http: {
                protocol: "http",
                number: 8080,
                requests: [
                    "POST /hooks/{*}",
                    "GET /v1/integrations",
                    "POST /v1/integrations",
                    "DELETE /v1/integrations/{*}",
                    "POST /internal/replays",
                ],
            },
        },
        exposures: [
            {
                gateway: "public",
                host: "hooks",
                port: "http",
                requests: ["POST /hooks/{*}"],
                authentication: "signed",
                timeout: "10s",
                rateLimit: { requests: 500, per: "second" },
            },
        ],
        calls: [
            // The tenant's system retries.
            {
                to: "alerts",
                port: "grpc",
                methods: ["Get", "List"],
                timeout: "3s",
                idempotent: true,
                retries: 0,
                assertsTenant: true,
            },
            {
                to: "alerts",
                port: "grpc",
                methods: ["Raise"],
                timeout: "3s",
                idempotent: false,
                assertsTenant: true,
            },
            {
                to: "devices",
                port: "grpc",
                methods: ["Get", "List"],
                timeout: "2s",
                idempotent: true,
                assertsTenant: true,
            },
            {
                to: "audit",
                port: "grpc",
                methods: ["Record"],
                timeout: "500ms",
                idempotent: true,
                optional: true,
                assertsTenant: true,
            },
        ],
        stores: ["redis"],
        external: ["apm"],
    },
} satisfies Record<string, Service>;
