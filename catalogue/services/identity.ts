import type { Service } from "../model";

/** Who may do what, and what they did. */
export const identity = {
    auth: {
        domain: "identity",
        summary: "Logs people in, issues tokens, and answers whether a token permits an action.",
        tier: "critical",
        sampling: 100,
        rollout: { strategy: "progressive", port: "http", approval: true, kpis: ["login"] },
        keepsTenantData: true,
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
                // Whoever logs in has no token yet, and whoever checks one needs the keys.
                requests: ["GET /login", "POST /login", "GET /login/callback", "GET /.well-known/jwks.json"],
                authentication: "none",
                timeout: "10s",
                // Against the guessing of passwords; what one client may do is for auth itself to say.
                limit: { requests: 200, per: "second" },
            },
            {
                // For what is not in the mesh yet, and has a token of its own.
                gateway: "internal",
                host: "auth-internal",
                port: "grpc",
                methods: ["Check", "Introspect"],
                authentication: "jwt",
                timeout: "5s",
            },
        ],
        calls: [
            // Deep below the edge, where retries multiply; those above ask again.
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
        summary: "Keeps the people of every tenant, their passwords and their roles.",
        tier: "critical",
        keepsTenantData: true,
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
        summary: "Keeps the tenants, their quotas and their standing.",
        tier: "critical",
        keepsTenantData: true,
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
        summary: "Keeps the settings of tenants, users and devices, each falling back to the one above.",
        tier: "standard",
        keepsTenantData: true,
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
        summary: "Keeps who did what and when, for as long as the law asks.",
        tier: "critical",
        keepsTenantData: true,
        ports: {
            grpc: {
                protocol: "grpc",
                number: 9090,
                tenantContext: "service",
                service: "sparc.audit.v1.Audit",
                // An event carries an id: to record it twice is to record it once.
                methods: ["Record", "Query", "Export", "Redact"],
                streaming: ["Export"],
            },
        },
        stores: ["postgres", "kafka"],
    },
} satisfies Record<string, Service>;
