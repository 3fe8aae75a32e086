import type { Service } from "../../catalogue/model";

/** What customers, partners and staff reach. */
export const customers = {
    website: {
        domain: "customers",
        summary: "Serves the bank's public pages.",
        tier: "standard",
        ports: { http: { protocol: "http", number: 3000, requests: ["GET /{**}"] } },
        exposures: [
            {
                gateway: "public",
                host: "www",
                port: "http",
                requests: ["GET /{**}"],
                authentication: "none",
                timeout: "10s",
            },
        ],
    },

    "mobile-bff": {
        domain: "customers",
        summary: "Serves the mobile app: accounts, cards and payments of one customer.",
        tier: "critical",
        maxReplicas: 12,
        ports: {
            http: {
                protocol: "http",
                number: 8000,
                requests: [
                    "GET /app/accounts",
                    "GET /app/accounts/{*}/entries",
                    "GET /app/cards",
                    "PUT /app/cards/{*}/lock",
                    "POST /app/payments",
                    "GET /app/payments/{*}",
                ],
            },
        },
        exposures: [
            {
                gateway: "public",
                host: "app",
                port: "http",
                requests: [
                    "GET /app/accounts",
                    "GET /app/accounts/{*}/entries",
                    "GET /app/cards",
                    "PUT /app/cards/{*}/lock",
                    "POST /app/payments",
                    "GET /app/payments/{*}",
                ],
                authentication: "jwt",
                timeout: "10s",
                scopes: [{ requests: ["POST /app/payments"], scope: "payments:write" }],
                // The bank's customers are persons: their tokens have no tenant.
                requiresTenant: false,
            },
        ],
        calls: [
            {
                to: "accounts",
                port: "grpc",
                methods: ["ListAccounts", "ListEntries"],
                timeout: "3s",
                idempotent: true,
                // A replica that hangs leaves time for another.
                perTryTimeout: "1s",
                retryOn: ["connect-failure", "refused-stream", "reset", "unavailable", "deadline-exceeded"],
            },
            {
                to: "cards",
                port: "http",
                requests: ["GET /cards"],
                timeout: "2s",
                idempotent: true,
                optional: true,
            },
            { to: "cards", port: "http", requests: ["PUT /cards/{*}/lock"], timeout: "3s", idempotent: true },
            { to: "payments", port: "grpc", methods: ["Initiate"], timeout: "5s", idempotent: false },
            { to: "payments", port: "grpc", methods: ["Get"], timeout: "2s", idempotent: true },
        ],
        stores: ["sessions"],
    },

    "partner-api": {
        domain: "customers",
        summary: "Open banking: licensed third parties read accounts and initiate payments.",
        tier: "standard",
        ports: {
            http: {
                protocol: "http",
                number: 8443,
                requests: ["GET /psd2/v1/accounts", "POST /psd2/v1/payments"],
            },
        },
        exposures: [
            {
                gateway: "public",
                host: "psd2",
                port: "http",
                requests: ["GET /psd2/v1/accounts", "POST /psd2/v1/payments"],
                // The consent is in the signed request; the certificate identifies the third party.
                authentication: "signed",
                clientCertificate: { authority: "psd2" },
                timeout: "8s",
                rateLimit: { requests: 50, per: "second" },
            },
        ],
        calls: [
            { to: "accounts", port: "grpc", methods: ["ListAccounts"], timeout: "3s", idempotent: true },
            { to: "payments", port: "grpc", methods: ["Initiate"], timeout: "5s", idempotent: false },
        ],
    },

    backoffice: {
        domain: "customers",
        summary: "Lets staff review payments and block cards.",
        tier: "background",
        ports: {
            http: {
                protocol: "http",
                number: 9000,
                requests: ["GET /office/{**}", "POST /office/reviews/{*}", "POST /office/cards/{*}/block"],
            },
        },
        exposures: [
            {
                gateway: "admin",
                host: "office",
                port: "http",
                requests: ["GET /office/{**}", "POST /office/reviews/{*}", "POST /office/cards/{*}/block"],
                authentication: "jwt",
                timeout: "15s",
            },
        ],
        calls: [
            { to: "fraud", port: "grpc", methods: ["ListReviews"], timeout: "4s", idempotent: true },
            { to: "fraud", port: "grpc", methods: ["Decide"], timeout: "4s", idempotent: false },
            { to: "cards", port: "http", requests: ["PUT /cards/{*}/lock"], timeout: "3s", idempotent: true },
        ],
    },
} satisfies Record<string, Service>;
