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

/**
 * Names of words that are joined by hyphens, so that most pairs of names can be read in several ways: `a-b` and `c`, `a` and
 * `b-c`. Some are as long as names can be.
 */
function ambiguousNames(maxLength: number): fc.Arbitrary<string> {
    const words = fc.array(fc.constantFrom("a", "b", "c", "http", "to", "v2", "once", "x3"), {
        minLength: 1,
        maxLength: 3,
    });
    return fc
        .tuple(words, fc.boolean())
        .map(([parts, long]) => ["n", ...parts, ...(long ? ["x".repeat(maxLength)] : [])].join("-"))
        .map((text) => text.slice(0, maxLength).replace(/-$/, ""));
}

const ambiguousPorts = fc
    .tuple(ports, fc.uniqueArray(ambiguousNames(15), { minLength: 4, maxLength: 4 }))
    .map(([record, names]) =>
        Object.fromEntries(Object.values(record).map((port, index) => [names[index] ?? "", port])),
    );

const drawOf = (drawnPorts: typeof ports): fc.Arbitrary<Draw> =>
    fc.record({
        tier: fc.constantFrom(...TIERS),
        ports: drawnPorts,
        exposed: fc.option(
            fc.record({
                gateway: fc.constantFrom("public" as const, "admin" as const),
                stream: fc.boolean(),
            }),
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
    return catalogueOf(size, name, ports);
}

/** A catalogue whose services, stores and ports have names that are ambiguous when they are joined by hyphens. */
export function ambiguousCatalogue(size = 8): fc.Arbitrary<Catalogue> {
    return catalogueOf(size, ambiguousNames(40), ambiguousPorts);
}

function catalogueOf(
    size: number,
    names: fc.Arbitrary<string>,
    drawnPorts: typeof ports,
): fc.Arbitrary<Catalogue> {
    return fc
        .tuple(
            fc.uniqueArray(names, { minLength: size + 4, maxLength: size + 4 }),
            fc.array(drawOf(drawnPorts), { minLength: 1, maxLength: size }),
        )
        .map(([drawn, draws]) => assemble(drawn, draws));
}
