import type { Store } from "./model";

/** The databases and brokers that services share. */
export const stores = {
    postgres: {
        summary: "The system of record.",
        ports: { postgres: { protocol: "tcp", number: 5432, application: "postgres" } },
    },
    redis: {
        summary: "Caches, sessions and counters, all of which can be lost.",
        ports: { redis: { protocol: "tcp", number: 6379, application: "redis" } },
    },
    kafka: {
        summary: "Events, stored in order for later consumers.",
        ports: { kafka: { protocol: "tcp", number: 9092, application: "kafka" } },
    },
    opensearch: {
        summary: "The search index, which can be rebuilt from the system of record.",
        ports: { opensearch: { protocol: "tcp", number: 9200, application: "opensearch" } },
    },
} satisfies Record<string, Store>;
