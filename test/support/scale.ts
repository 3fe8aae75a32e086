/** Catalogues of any size, for benchmarks and for tests of how the work grows with the size. */

import type { Call, Catalogue, Service, Tier } from "../../catalogue/model";

const STORES = [
    { name: "postgres", number: 5432 },
    { name: "redis", number: 6379 },
    { name: "kafka", number: 9092 },
];

const TIERS: readonly Tier[] = ["critical", "standard", "standard", "background"];

/** The most services that one service calls, however many there are. */
const MOST_CALLS = 6;

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
                summary: "An outside party.",
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
        summary: `The service number ${position}.`,
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

/** Distances that grow, so that some callees are near and some are called by many. */
function calleesOf(position: number): number[] {
    const count = Math.min(position, position % (MOST_CALLS + 1));
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
        // Whatever comes earlier is waited for less long.
        timeout: `${(callee + 1) * 100}ms`,
        idempotent: true,
        // No chain passes more than three of these: the budget of retries allows no more.
        retries: callee < 3 ? 1 : 0,
        // Whoever calls a background service can do without it: no critical service then depends on one.
        optional: tierOf(callee) === "background",
    };
}
