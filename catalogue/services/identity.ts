import type { Service } from "../model";

/** Authentication, authorization, tenants, settings and the audit log. */
export const identity = {
    auth: {
        domain: "identity",
        summary: "Logs people in, issues tokens, and checks whether a token permits an action.",
        tier: "critical",
        sampling: 100,
        rollout: { strategy: "progressive", port: "http", approval: true, kpis: ["login"] },
        storesTenantData: true,
        ports: {
            grpc: {
                protocol: "grpc",
                number: 9090,
                service: "sparc.auth.v1.Auth",
                methods: ["Check", "Introspect", "IssueToken", "Revoke", "RotateKeys"],
            },
            http: {
                protocol: "http",
                number: 8080,
                requests: [
                    "GET /login",
                    "POST /login",
                    "GET /login/callback",
                    "GET /.well-known/jwks.json",
                    "GET /internal/sessions",
                    "DELETE /internal/sessions/{*}",
                ],
            },
        },
        exposures: [
            {
                gateway: "public",
                host: "auth",
                port: "http",
                // A client has no token before it logs in, and validating a token requires the key set.
                requests: ["GET /login", "POST /login", "GET /login/callback", "GET /.well-known/jwks.json"],
                authentication: "none",
                timeout: "10s",
                // Slows down password guessing; auth itself limits each client.
                rateLimit: { requests: 200, per: "second" },
            },
            {
                // For clients that are not in the mesh yet and have a token.
                gateway: "internal",
                host: "auth-internal",
                port: "grpc",
                methods: ["Check", "Introspect"],
                authentication: "jwt",
                timeout: "5s",
            },
        ],
        calls: [
            // Deep in the call graph, where retries multiply; the callers above retry.
            {
                to: "users",
                port: "grpc",
                methods: ["Get"],
                timeout: "2s",
                idempotent: true,
                retries: 0,
                assertsTenant: true,
            },
            // A failed attempt counts towards a lock-out, so that a retry would count it twice.
            {
                to: "users",
                port: "grpc",
                methods: ["VerifyPassword"],
                timeout: "2s",
                idempotent: false,
                assertsTenant: true,
            },
            {
                to: "tenants",
                port: "grpc",
                methods: ["Get"],
                timeout: "1s",
                idempotent: true,
                retries: 0,
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
        stores: ["postgres", "redis"],
        external: ["auth0", "okta"],
    },

    users: {
        domain: "identity",
        summary: "Stores the users of every tenant, their passwords and their roles.",
        tier: "critical",
        storesTenantData: true,
        ports: {
            grpc: {
                protocol: "grpc",
                number: 9090,
                tenantContext: "service",
                service: "sparc.users.v1.Users",
                methods: ["Get", "List", "VerifyPassword", "Create", "Update", "Deactivate", "Erase"],
            },
        },
        calls: [
            {
                to: "audit",
                port: "grpc",
                methods: ["Record"],
                timeout: "500ms",
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
        ],
        stores: ["postgres"],
    },

    tenants: {
        domain: "identity",
        summary: "Stores the tenants, their quotas and their status.",
        tier: "critical",
        storesTenantData: true,
        ports: {
            grpc: {
                protocol: "grpc",
                number: 9090,
                tenantContext: "service",
                service: "sparc.tenants.v1.Tenants",
                methods: ["Get", "List", "Resolve", "CheckQuota", "Create", "Suspend", "Delete"],
            },
        },
        calls: [
            {
                to: "audit",
                port: "grpc",
                methods: ["Record"],
                timeout: "500ms",
                idempotent: true,
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

    settings: {
        domain: "identity",
        summary: "Stores the settings of tenants, users and devices, each falling back to the level above.",
        tier: "standard",
        storesTenantData: true,
        ports: {
            grpc: {
                protocol: "grpc",
                number: 9090,
                tenantContext: "service",
                service: "sparc.settings.v1.Settings",
                methods: ["Get", "List", "Update", "Reset", "Watch"],
                streaming: ["Watch"],
            },
        },
        stores: ["postgres", "redis"],
    },

    audit: {
        domain: "identity",
        summary: "Records who did what and when, for as long as the law requires.",
        tier: "critical",
        storesTenantData: true,
        ports: {
            grpc: {
                protocol: "grpc",
                number: 9090,
                tenantContext: "service",
                service: "sparc.audit.v1.Audit",
                // An event carries an ID, so that recording it twice has no further effect.
                methods: ["Record", "Query", "Export", "Redact"],
                streaming: ["Export"],
            },
        },
        stores: ["postgres", "kafka"],
    },
} satisfies Record<string, Service>;
