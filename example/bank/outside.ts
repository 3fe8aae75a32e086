import type { ExternalGroup, Store } from "../../catalogue/model";

export const stores = {
    books: {
        summary: "The bank's books.",
        ports: { sql: { protocol: "tcp", number: 5432, application: "postgres" } },
    },
    sessions: {
        summary: "Sessions and counters.",
        ports: { cache: { protocol: "tcp", number: 6380, application: "redis" } },
    },
    events: {
        summary: "What happened, for those who react to it later.",
        ports: { broker: { protocol: "tcp", number: 9092, application: "kafka" } },
    },
} satisfies Record<string, Store>;

export const external = {
    "card-scheme": {
        summary: "Authorizes card payments.",
        hosts: [{ host: "api.cardscheme.example", port: 443, protocol: "https", tls: "originate" }],
        timeout: "3s",
        circuitBreaker: { maxConnections: 50, consecutive5xxErrors: 3 },
    },
    clearing: {
        summary: "Clears payments between banks.",
        hosts: [{ host: "gateway.clearing.example", port: 8443, protocol: "tls" }],
    },
    messages: {
        summary: "Sends email and text messages.",
        hosts: [{ host: "api.messages.example", port: 443, protocol: "https" }],
        rateLimit: { requests: 100, per: "second" },
    },
} satisfies Record<string, ExternalGroup>;
