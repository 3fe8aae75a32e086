/** Builds a valid catalogue from values that fast-check generates. */

import type {
    Call,
    Catalogue,
    Exposure,
    ExternalHost,
    Port,
    Request,
    Service,
    Tier,
} from "../../catalogue/model";

/** The generated values for a service, before the other services are known. */
export interface Draw {
    readonly tier: Tier;
    readonly ports: Readonly<Record<string, Port>>;
    readonly exposed: { readonly gateway: "public" | "admin"; readonly stream: boolean } | undefined;
    readonly calls: readonly CallDraw[];
    readonly stores: readonly number[];
    readonly external: readonly number[];
    /** The protocols of external hosts. */
    readonly outside: readonly number[];
}

/** The kinds of external hosts. */
const OUTSIDE: readonly Omit<ExternalHost, "host">[] = [
    { port: 443, protocol: "https" },
    { port: 443, protocol: "https", tls: "originate" },
    { port: 465, protocol: "tls" },
    { port: 5432, protocol: "tcp" },
];

/** A call is generated as numbers, which are taken modulo the number of choices. */
interface CallDraw {
    readonly callee: number;
    readonly port: number;
    /** Which of the offered operations the call uses, and which of these are idempotent. */
    readonly operations: readonly number[];
    readonly idempotent: number;
    readonly stream: boolean;
    readonly optional: boolean;
}

const STORE_PORTS = [5432, 6379, 9092];

/** Services call only some of those generated before them, with shorter timeouts than their callers'. */
export function assemble(names: readonly string[], draws: readonly Draw[]): Catalogue {
    const [store1 = "", store2 = "", group1 = "", group2 = "", ...serviceNames] = names;
    const services: [string, Service][] = [];
    // Callers before their callees: a call can be a stream depending on the calls to its caller.
    const waitedFor = new Set<number>();
    for (let position = draws.length - 1; position >= 0; position -= 1) {
        const draw = draws[position];
        if (draw === undefined) continue;
        const exposures = exposuresOf(draw, position);
        if (exposures.some(({ timeout }) => timeout !== "stream")) waitedFor.add(position);
        const calls = callsOf(draw, position, draws, serviceNames, !waitedFor.has(position));
        for (const { to, timeout } of calls) {
            if (timeout !== "stream") waitedFor.add(serviceNames.indexOf(to));
        }
        services.push([
            serviceNames[position] ?? "",
            {
                domain: "test",
                summary: "A service.",
                tier: draw.tier,
                ports: draw.ports,
                exposures,
                calls,
                stores: pick(draw.stores, [store1, store2]),
                external: pick(draw.external, [group1, group2]),
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
            [group1, group2].map((group, index) => [
                group,
                { summary: "An external service.", hosts: outsideHosts(group, draws[index]?.outside ?? []) },
            ]),
        ),
    };
}

/** One name with up to all kinds, each on a different port; and a second name. */
function outsideHosts(group: string, kinds: readonly number[]): ExternalHost[] {
    const byPort = new Map(pick(kinds, OUTSIDE).map((kind) => [kind.port, kind]));
    return [
        ...[...byPort.values()].map((kind) => ({ host: `${group}.example.com`, ...kind })),
        { host: `other.${group}.example.com`, port: 443, protocol: "https" },
    ];
}

function storePort(index: number) {
    return { protocol: "tcp" as const, number: STORE_PORTS[index] ?? 9200, application: "store" };
}

function exposuresOf({ exposed, ports: drawnPorts }: Draw, position: number): Exposure[] {
    const [portName, port] = Object.entries(drawnPorts)[0] ?? [];
    if (exposed === undefined || portName === undefined || port === undefined) return [];
    const [first = ""] = port.protocol === "grpc" ? port.methods : [];
    // A gRPC stream must be one of the port's streaming methods.
    const streams = port.protocol !== "grpc" || port.streaming?.includes(first) === true;
    return [
        {
            gateway: exposed.gateway,
            host: `host-${position}`,
            port: portName,
            ...(port.protocol === "http" ? { requests: port.requests.slice(0, 1) } : {}),
            ...(port.protocol === "grpc" ? { methods: [first] } : {}),
            authentication: port.protocol === "tcp" ? "device" : "jwt",
            ...(port.protocol === "tcp" ? { listen: 9000 + position } : {}),
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
    const used = new Set<string>();
    return calls.flatMap((call): Call[] => {
        if (position === 0) return [];
        const callee = call.callee % position;
        const target = draws[callee];
        const entries = Object.entries(target?.ports ?? {});
        const [portName, port] = entries[call.port % entries.length] ?? [];
        if (target === undefined || portName === undefined || port === undefined) return [];
        if (used.has(`${callee} ${portName}`)) return [];
        used.add(`${callee} ${portName}`);
        const common = {
            to: names[callee] ?? "",
            port: portName,
            optional: call.optional || (target.tier === "background" && tier !== "background"),
        };
        // Services that are generated earlier have shorter timeouts.
        const timeout = `${(callee + 1) * 100}ms` as const;
        if (port.protocol === "ws" || port.protocol === "tcp") {
            const stream = mayStream && call.stream;
            return [{ ...common, timeout: stream ? "stream" : timeout, idempotent: false }];
        }
        const offered: readonly string[] = port.protocol === "http" ? port.requests : port.methods;
        const operations = pick(call.operations, offered);
        const idempotent = operations.slice(0, call.idempotent);
        return [
            { some: idempotent, idempotent: true },
            { some: operations.slice(call.idempotent), idempotent: false },
        ]
            .filter(({ some }) => some.length > 0)
            .map(({ some, idempotent: repeatable }) => {
                const stream =
                    mayStream &&
                    call.stream &&
                    port.protocol === "grpc" &&
                    some.every((method) => port.streaming?.includes(method));
                return {
                    ...common,
                    ...(port.protocol === "http" ? { requests: some as Request[] } : { methods: some }),
                    timeout: stream ? ("stream" as const) : timeout,
                    idempotent: repeatable && !stream,
                    // No call chain passes more than three of these: the retry budget allows no more.
                    ...(repeatable && !stream && callee < 3 ? {} : { retries: 0 }),
                };
            });
    });
}

/** The distinct elements that the numbers select. */
function pick<T>(numbers: readonly number[], from: readonly T[]): T[] {
    return [...new Set(numbers.map((number) => from[number % from.length]))].filter(
        (element) => element !== undefined,
    );
}
