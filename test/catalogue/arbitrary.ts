/** Random valid catalogues, for property tests. */

import * as fc from "fast-check";

import type { Catalogue, Port, Request } from "../../catalogue/model";
import { TIERS } from "../../catalogue/model";
import type { Draw } from "./drawn";
import { assemble } from "./drawn";

/** No two of them overlap, so any division of them between calls is valid. */
const REQUESTS: readonly Request[] = [
    "GET /items",
    "GET /items/{*}",
    "POST /items",
    "DELETE /items/{*}",
    "GET /files/{**}",
    "PUT /files/{**}",
];

const METHODS = ["Get", "List", "Create", "Delete", "Watch", "Upload"];
const STREAMING = ["Watch", "Upload"];

const name = fc
    .stringMatching(/^[a-z][a-z0-9]{2,7}(-[a-z0-9]{1,5})?$/)
    .filter((text) => !/(^|-)from(-|$)|-(primary|canary)$|^(default|mesh|istiod|prometheus)$/.test(text));

const ports: fc.Arbitrary<Record<string, Port>> = fc
    .record(
        {
            http: fc.subarray([...REQUESTS], { minLength: 1 }).map((requests): Port => ({
                protocol: "http",
                number: 8080,
                requests,
            })),
            grpc: fc.subarray(METHODS, { minLength: 1 }).map((methods): Port => ({
                protocol: "grpc",
                number: 9090,
                service: "example.v1.Service",
                methods,
                streaming: methods.filter((method) => STREAMING.includes(method)),
            })),
            ws: fc.constant<Port>({ protocol: "ws", number: 8090, path: "/events" }),
            mqtt: fc.constant<Port>({ protocol: "tcp", number: 1883, application: "mqtt" }),
        },
        { requiredKeys: [] },
    )
    .filter((record) => Object.keys(record).length > 0);

const draw: fc.Arbitrary<Draw> = fc.record({
    tier: fc.constantFrom(...TIERS),
    ports,
    exposed: fc.option(
        fc.record({ gateway: fc.constantFrom("public" as const, "admin" as const), stream: fc.boolean() }),
        { nil: undefined },
    ),
    calls: fc.array(
        fc.record({
            callee: fc.nat(),
            port: fc.nat(),
            operations: fc.array(fc.nat(), { minLength: 1, maxLength: 4 }),
            idempotent: fc.nat(4),
            stream: fc.boolean(),
            optional: fc.boolean(),
        }),
        { maxLength: 5 },
    ),
    stores: fc.array(fc.nat(), { maxLength: 2 }),
    external: fc.array(fc.nat(), { maxLength: 2 }),
    outside: fc.array(fc.nat(), { maxLength: 3 }),
});

/** A catalogue of up to `size` services, in which each calls only some of those generated before it. */
export function arbitraryCatalogue(size = 12): fc.Arbitrary<Catalogue> {
    return fc
        .tuple(
            fc.uniqueArray(name, { minLength: size + 4, maxLength: size + 4 }),
            fc.array(draw, { minLength: 1, maxLength: size }),
        )
        .map(([names, draws]) => assemble(names, draws));
}
