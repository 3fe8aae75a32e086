import type { Service } from "../../catalogue/model";

/** Accounts, and the ledger that they are computed from. */
export const core = {
    accounts: {
        domain: "core",
        summary: "Answers for balances and entries.",
        tier: "critical",
        storesTenantData: true,
        ports: {
            grpc: {
                protocol: "grpc",
                number: 50051,
                service: "nordbank.accounts.v2.Accounts",
                // Health checks and reflection share the port, as most gRPC servers do.
                methods: [
                    "ListAccounts",
                    "ListEntries",
                    "Reserve",
                    "grpc.health.v1.Health/Check",
                    "grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
                ],
                streaming: ["grpc.reflection.v1.ServerReflection/ServerReflectionInfo"],
            },
        },
        calls: [
            { to: "ledger", port: "grpc", methods: ["Read"], timeout: "800ms", idempotent: true },
            { to: "ledger", port: "grpc", methods: ["Append"], timeout: "900ms", idempotent: false },
        ],
        stores: ["books"],
    },

    ledger: {
        domain: "core",
        summary: "Stores every booking, on three replicas that agree on their order.",
        tier: "critical",
        minReplicas: 3,
        storesTenantData: true,
        ports: {
            grpc: {
                protocol: "grpc",
                number: 50052,
                service: "nordbank.ledger.v1.Ledger",
                methods: ["Read", "Append"],
            },
            raft: { protocol: "tcp", number: 7000, application: "raft" },
        },
        peers: ["raft"],
    },

    cards: {
        domain: "core",
        summary: "Issues cards, locks them, and authorizes their payments.",
        tier: "critical",
        storesTenantData: true,
        ports: {
            http: { protocol: "http", number: 8080, requests: ["GET /cards", "PUT /cards/{*}/lock"] },
        },
        stores: ["books"],
        external: ["card-scheme"],
    },

    statements: {
        domain: "core",
        summary: "Writes the monthly statements, at night.",
        tier: "background",
        ports: {},
        calls: [
            {
                to: "accounts",
                port: "grpc",
                methods: ["ListEntries"],
                timeout: "30s",
                idempotent: true,
                retries: 2,
            },
        ],
        stores: ["books", "events"],
    },
} satisfies Record<string, Service>;
