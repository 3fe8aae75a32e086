import type { Store } from "./model";

/** The databases and brokers that services share. */
export const stores = {
    postgres: {
        summary: "The system of record.",
        ports: { postgres: { protocol: "tcp", number: 5432, application: "postgres" } },
    },
    redis: {
        summary: "Caches, sessions and counters: may be lost.",
        ports: { redis: { protocol: "tcp", number: 6379, application: "redis" } },
    },
    kafka: {
        summary: "Events, kept in order for whoever reads them later.",
        ports: { kafka: { protocol: "tcp", number: 9092, application: "kafka" } },
    },
    opensearch: {
        summary: "The search index: can be built again from the system of record.",
        ports: { opensearch: { protocol: "tcp", number: 9200, application: "opensearch" } },
    },
} satisfies Record<string, Store>;
