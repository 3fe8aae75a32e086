import type { Service } from "../../catalogue/model";

/** Payments, and what decides about them. */
export const money = {
    payments: {
        domain: "money",
        summary: "Initiates payments, and follows them to their end.",
        tier: "critical",
        storesTenantData: true,
        ports: {
            grpc: {
                protocol: "grpc",
                number: 50053,
                service: "nordbank.payments.v1.Payments",
                methods: ["Initiate", "Get"],
            },
        },
        calls: [
            {
                to: "fraud",
                port: "grpc",
                methods: ["Score"],
                timeout: "400ms",
                idempotent: true,
                optional: true,
            },
            {
                to: "limits",
                port: "http",
                requests: ["POST /limits/checks"],
                timeout: "500ms",
                idempotent: true,
                // Only if nothing has been sent: the policy pack does not know that this POST changes nothing.
                retryOn: ["connect-failure", "refused-stream"],
            },
            { to: "accounts", port: "grpc", methods: ["Reserve"], timeout: "1500ms", idempotent: false },
        ],
        stores: ["books", "events"],
        external: ["clearing"],
    },

    fraud: {
        domain: "money",
        summary: "Scores payments, and queues the doubtful ones for review.",
        tier: "critical",
        loadBalancing: { policy: "least-request" },
        ports: {
            grpc: {
                protocol: "grpc",
                number: 50054,
                service: "nordbank.fraud.v1.Fraud",
                methods: ["Score", "ListReviews", "Decide"],
            },
        },
        stores: ["books", "events"],
    },

    limits: {
        domain: "money",
        summary: "Checks the limits of customers and products.",
        tier: "critical",
        ports: { http: { protocol: "http", number: 8085, requests: ["POST /limits/checks"] } },
        stores: ["sessions"],
    },

    notifications: {
        domain: "money",
        summary: "Consumes events, and sends messages about them.",
        tier: "standard",
        ports: {},
        stores: ["events"],
        external: ["messages"],
    },
} satisfies Record<string, Service>;
