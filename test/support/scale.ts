/** Catalogues of any size, for benchmarks and scaling tests. */

import type { Call, Catalogue, Service, Tier } from "../../catalogue/model";

const STORES = [
    { name: "postgres", number: 5432 },
    { name: "redis", number: 6379 },
    { name: "kafka", number: 9092 },
];

const TIERS: readonly Tier[] = ["critical", "standard", "standard", "background"];

/** The maximum number of services that one service calls, in a catalogue of any size. */
const MAX_CALLS = 6;

/**
 * A valid catalogue of `size` services: the same one each time. Each service calls up to six earlier ones, every tenth
 * is exposed, every other uses a store, every eighth an external group.
 */
export function catalogueOfSize(size: number): Catalogue {
    const services: Record<string, Service> = {};
    for (let position = 0; position < size; position += 1) services[nameOf(position)] = serviceAt(position);
    return {
        services,
        stores: Object.fromEntries(
            STORES.map(({ name, number }) => [
                name,
                {
                    summary: `The store ${name}.`,
                    ports: { [name]: { protocol: "tcp" as const, number, application: name } },
                },
            ]),
        ),
        external: {
            partner: {
                summary: "An external service.",
                hosts: [{ host: "api.example.com", port: 443, protocol: "https" }],
            },
        },
    };
}

function nameOf(position: number): string {
    return `service-${position}`;
}

function speaksGrpc(position: number): boolean {
    return position % 2 === 0;
}

function tierOf(position: number): Tier {
    return TIERS[position % TIERS.length] ?? "standard";
}

function serviceAt(position: number): Service {
    const store = STORES[position % STORES.length];
    return {
        domain: `domain-${position % 7}`,
        summary: `Service number ${position}.`,
        tier: tierOf(position),
        ports: speaksGrpc(position)
            ? {
                  grpc: {
                      protocol: "grpc",
                      number: 9090,
                      service: `scale.v1.Service${position}`,
                      methods: ["Get", "Put", "Purge"],
                  },
              }
            : {
                  http: {
                      protocol: "http",
                      number: 8080,
                      requests: ["GET /v1/{*}", "POST /v1/{*}", "POST /purge"],
                  },
              },
        calls: calleesOf(position).map((callee) => callAt(callee)),
        ...(position % 10 === 9
            ? {
                  exposures: [
                      {
                          gateway: "public",
                          host: `host-${position}`,
                          port: "http",
                          requests: ["GET /v1/{*}"],
                          authentication: "jwt",
                          timeout: "1h",
                      },
                  ],
              }
            : {}),
        ...(position % 2 === 0 && store !== undefined ? { stores: [store.name] } : {}),
        ...(position % 8 === 0 ? { external: ["partner"] } : {}),
    };
}

/** Callees at growing distances: some are near, some have many callers. */
function calleesOf(position: number): number[] {
    const count = Math.min(position, position % (MAX_CALLS + 1));
    const distant = Array.from(
        { length: count },
        (_, nth) => position - 1 - nth * nth * (1 + (position % 5)),
    );
    return [...new Set(distant.map((callee) => Math.max(callee, 0)))];
}

function callAt(callee: number): Call {
    return {
        to: nameOf(callee),
        ...(speaksGrpc(callee)
            ? { port: "grpc", methods: ["Get"] }
            : { port: "http", requests: ["GET /v1/{*}"] }),
        // Earlier services have shorter timeouts.
        timeout: `${(callee + 1) * 100}ms`,
        idempotent: true,
        // No call chain passes more than three of these: the retry budget allows no more.
        retries: callee < 3 ? 1 : 0,
        // Calls to background services are optional: no critical service depends on one.
        optional: tierOf(callee) === "background",
    };
}
