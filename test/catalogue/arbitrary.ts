/** Random catalogues without problems, for properties. */

import * as fc from "fast-check";

import type { Call, Catalogue, Exposure, Port, Request, Service, Tier } from "../../catalogue/model";
import { TIERS } from "../../catalogue/model";

/** No two of them overlap, so that any division of them between calls is a valid one. */
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

const STORE_PORTS = [5432, 6379, 9092];

/** What a service is drawn as, before it is known which others there are. */
interface Draw {
    readonly tier: Tier;
    readonly ports: Readonly<Record<string, Port>>;
    readonly exposed: { readonly gateway: "public" | "admin"; readonly stream: boolean } | undefined;
    readonly calls: readonly CallDraw[];
    readonly stores: readonly number[];
    readonly external: readonly number[];
}

/** A call is drawn as numbers, to be taken modulo what there is to choose from. */
interface CallDraw {
    readonly callee: number;
    readonly port: number;
    /** Which of the operations offered are asked for, and which of these in an idempotent call. */
    readonly asked: readonly number[];
    readonly idempotent: number;
    readonly stream: boolean;
    readonly optional: boolean;
}

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
            asked: fc.array(fc.nat(), { minLength: 1, maxLength: 4 }),
            idempotent: fc.nat(4),
            stream: fc.boolean(),
            optional: fc.boolean(),
        }),
        { maxLength: 5 },
    ),
    stores: fc.array(fc.nat(), { maxLength: 2 }),
    external: fc.array(fc.nat(), { maxLength: 2 }),
});

/** A catalogue of up to `size` services, in which each calls only some of those drawn before it. */
export function arbitraryCatalogue(size = 12): fc.Arbitrary<Catalogue> {
    return fc
        .tuple(
            fc.uniqueArray(name, { minLength: size + 4, maxLength: size + 4 }),
            fc.array(draw, { minLength: 1, maxLength: size }),
        )
        .map(([names, draws]) => assemble(names, draws));
}

function assemble(names: readonly string[], draws: readonly Draw[]): Catalogue {
    const [store1 = "", store2 = "", group1 = "", group2 = "", ...serviceNames] = names;
    const services: [string, Service][] = [];
    // Callers before their callees: whether a call may be a stream depends on who calls the caller.
    const waitedFor = new Set<number>();
    for (let position = draws.length - 1; position >= 0; position -= 1) {
        const own = draws[position];
        if (own === undefined) continue;
        const exposures = exposuresOf(own, position);
        if (exposures.some(({ timeout }) => timeout !== "stream")) waitedFor.add(position);
        const calls = callsOf(own, position, draws, serviceNames, !waitedFor.has(position));
        for (const { to, timeout } of calls) {
            if (timeout !== "stream") waitedFor.add(serviceNames.indexOf(to));
        }
        services.push([
            serviceNames[position] ?? "",
            {
                domain: "test",
                summary: "A service.",
                tier: own.tier,
                ports: own.ports,
                exposures,
                calls,
                stores: pick(own.stores, [store1, store2]),
                external: pick(own.external, [group1, group2]),
            },
        ]);
    }
    return {
        services: Object.fromEntries(services),
        stores: Object.fromEntries(
            [store1, store2].map((store, index) => [
                store,
                {
                    summary: "A store.",
                    ports: { [store.slice(0, 8).replace(/-$/, "")]: storePort(index) },
                },
            ]),
        ),
        external: Object.fromEntries(
            [group1, group2].map((group) => [
                group,
                {
                    summary: "An outside party.",
                    hosts: [{ host: `${group}.example.com`, port: 443, protocol: "https" as const }],
                },
            ]),
        ),
    };
}

function storePort(index: number) {
    return { protocol: "tcp" as const, number: STORE_PORTS[index] ?? 9200, application: "store" };
}

function exposuresOf({ exposed, ports: own }: Draw, position: number): Exposure[] {
    const [portName, port] = Object.entries(own)[0] ?? [];
    if (exposed === undefined || portName === undefined || port === undefined) return [];
    const [first = ""] = port.protocol === "grpc" ? port.methods : [];
    // A gRPC stream must be one of the port's own.
    const streams = port.protocol !== "grpc" || port.streaming?.includes(first) === true;
    return [
        {
            gateway: exposed.gateway,
            host: `host-${position}`,
            port: portName,
            ...(port.protocol === "http" ? { requests: port.requests.slice(0, 1) } : {}),
            ...(port.protocol === "grpc" ? { methods: [first] } : {}),
            authentication: port.protocol === "tcp" ? "device" : "jwt",
            timeout: exposed.stream && streams ? "stream" : "1m",
        },
    ];
}

function callsOf(
    { tier, calls }: Draw,
    position: number,
    draws: readonly Draw[],
    names: readonly string[],
    mayStream: boolean,
): Call[] {
    const taken = new Set<string>();
    return calls.flatMap((call): Call[] => {
        if (position === 0) return [];
        const callee = call.callee % position;
        const target = draws[callee];
        const entries = Object.entries(target?.ports ?? {});
        const [portName, port] = entries[call.port % entries.length] ?? [];
        if (target === undefined || portName === undefined || port === undefined) return [];
        if (taken.has(`${callee} ${portName}`)) return [];
        taken.add(`${callee} ${portName}`);
        const common = {
            to: names[callee] ?? "",
            port: portName,
            optional: call.optional || (target.tier === "background" && tier !== "background"),
        };
        // Whatever is drawn earlier is waited for less long.
        const timeout = `${(callee + 1) * 100}ms` as const;
        if (port.protocol === "ws" || port.protocol === "tcp") {
            const stream = mayStream && call.stream;
            return [{ ...common, timeout: stream ? "stream" : timeout, idempotent: false }];
        }
        const offered: readonly string[] = port.protocol === "http" ? port.requests : port.methods;
        const asked = pick(call.asked, offered);
        const idempotent = asked.slice(0, call.idempotent);
        return [
            { some: idempotent, idempotent: true },
            { some: asked.slice(call.idempotent), idempotent: false },
        ]
            .filter(({ some }) => some.length > 0)
            .map(({ some, idempotent: repeatable }) => ({
                ...common,
                ...(port.protocol === "http" ? { requests: some as Request[] } : { methods: some }),
                timeout:
                    mayStream &&
                    call.stream &&
                    port.protocol === "grpc" &&
                    some.every((method) => port.streaming?.includes(method))
                        ? ("stream" as const)
                        : timeout,
                idempotent: repeatable,
            }));
    });
}

/** The elements that the numbers choose, each once. */
function pick<T>(numbers: readonly number[], from: readonly T[]): T[] {
    return [...new Set(numbers.map((number) => from[number % from.length]))].filter(
        (element) => element !== undefined,
    );
}
