import type { Service } from "../model";

/** Rules, alerts and notifications. */
export const alerting = {
    rules: {
        domain: "alerting",
        summary: "Decides which detections raise an alert, by each tenant's rules.",
        tier: "critical",
        storesTenantData: true,
        ports: {
            grpc: {
                protocol: "grpc",
                number: 9090,
                tenantContext: "service",
                service: "sparc.rules.v1.Rules",
                methods: ["Evaluate", "Get", "List", "Create", "Update", "Delete"],
            },
        },
        calls: [
            {
                to: "alerts",
                port: "grpc",
                methods: ["Raise"],
                timeout: "3s",
                idempotent: false,
                assertsTenant: true,
            },
            {
                to: "settings",
                port: "grpc",
                methods: ["Get"],
                timeout: "500ms",
                idempotent: true,
                optional: true,
                assertsTenant: true,
            },
        ],
        stores: ["postgres"],
    },

    alerts: {
        domain: "alerting",
        summary: "Stores alerts: raised, acknowledged, closed.",
        tier: "critical",
        sampling: 100,
        rollout: { strategy: "progressive", port: "grpc", kpis: ["alert-delivery"] },
        storesTenantData: true,
        // Every replica of realtime holds one stream for each tenant with an open browser.
        concurrency: 2_000,
        maxReplicas: 10,
        ports: {
            grpc: {
                protocol: "grpc",
                number: 9090,
                tenantContext: "service",
                service: "sparc.alerts.v1.Alerts",
                methods: ["Raise", "Get", "List", "Subscribe", "Acknowledge", "Purge"],
                streaming: ["Subscribe"],
            },
            http: {
                protocol: "http",
                number: 8080,
                requests: [
                    "GET /v1/alerts",
                    "GET /v1/alerts/{*}",
                    "POST /v1/alerts/{*}/acknowledgement",
                    "DELETE /v1/alerts/{*}",
                ],
            },
        },
        calls: [
            {
                to: "notifications",
                port: "grpc",
                methods: ["Send"],
                timeout: "1s",
                idempotent: false,
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
            {
                to: "devices",
                port: "grpc",
                methods: ["Get"],
                timeout: "2s",
                idempotent: true,
                optional: true,
                assertsTenant: true,
            },
        ],
        stores: ["postgres", "kafka"],
    },

    notifications: {
        domain: "alerting",
        summary: "Notifies people by email, text message and push notification.",
        tier: "critical",
        ports: {
            grpc: {
                protocol: "grpc",
                number: 9090,
                tenantContext: "service",
                service: "sparc.notifications.v1.Notifications",
                methods: ["Send", "GetStatus", "Cancel"],
            },
        },
        calls: [
            {
                to: "settings",
                port: "grpc",
                methods: ["Get"],
                timeout: "500ms",
                idempotent: true,
                optional: true,
                assertsTenant: true,
            },
        ],
        stores: ["redis"],
        external: ["email", "sms", "push"],
    },
} satisfies Record<string, Service>;
