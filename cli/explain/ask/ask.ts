/** What is asked on the command line, as questions to the evaluator. */
import { isIPv4 } from "node:net";
import { nearest } from "../../../catalogue/check";
import type { Catalogue } from "../../../catalogue/model";
import { ENTRY_GATEWAYS, HEALTH_PORT, NAMESPACES } from "../../../components/base/names";
import { STRANGER_ACCOUNT } from "../../verify/plan/places";
import type { Question, Source } from "../evaluate/evaluate";
import type { Callee } from "../evaluate/model";
import { callees, findCallee, gateways, podOf } from "../world/places";
import type { World } from "../world/world";
import { type Asked, Unanswerable, requestOf } from "./asked";
import { type Offered, offeredBy } from "./offered";
import { outsideProblems, outsideQuestions } from "./outside";

/** One question, with its words. */
export interface Asking {
    readonly question: Question;
    /** The name, or the number where it has none. */
    readonly port: string;
    /** `GET /v1/alerts/{*}`, or `a connection`. */
    readonly request: string;
}

/** @throws Unanswerable with every name that leads nowhere. */
export function askings(world: World, catalogue: Catalogue, asked: Asked): Asking[] {
    const problems: string[] = nonsense(asked);
    const source = sourceOf(world, asked.source);
    if (source === undefined) {
        const known = [
            ...callees(world).map(({ workload }) => workload.name),
            ...Object.keys(ENTRY_GATEWAYS),
            ...["stranger", "unmeshed"],
        ];
        problems.push(
            `there is no source ${asked.source}: a service, a gateway (${Object.keys(ENTRY_GATEWAYS).join(", ")}), ` +
                `namespace/account, stranger or unmeshed${orRather(asked.source, known)}`,
        );
    }
    const callee = findCallee(world, asked.destination);
    const outside = callee === undefined ? outsideQuestions(world, catalogue, asked) : [];
    if (callee === undefined && outside.length === 0) {
        problems.push(
            `there is no destination ${asked.destination}: a service, a store, an external group or a host` +
                orRather(asked.destination, [
                    ...callees(world).map(({ workload }) => workload.name),
                    ...Object.keys(catalogue.external),
                ]) +
                `; external groups: ${Object.keys(catalogue.external).sort().join(", ")}`,
        );
    }
    if (outside.length > 0) problems.push(...outsideProblems(asked));
    if (asked.address !== undefined && callee !== undefined) {
        problems.push(
            `--address ${asked.address}: ${asked.destination} is in the mesh; only a host outside has an address to name`,
        );
    }
    if (source === undefined || problems.length > 0) throw new Unanswerable(problems.join("\n"));
    if (callee === undefined)
        return outside.map((one) => ({ ...one, question: { source, ...one.question } }));
    return serviceAskings(catalogue, source, callee, asked);
}

/** Asks whether a name of `known` was meant, at the end of a sentence. */
function orRather(name: string, known: readonly string[]): string {
    const one = nearest(name, known);
    return one === undefined ? "" : `; did you mean "${one}"?`;
}

function nonsense({ path, address }: Asked): string[] {
    return [
        ...(path === undefined || path.startsWith("/")
            ? []
            : [
                  `--path ${path}: a path begins with a slash; a gRPC method is asked as /package.Service/Method`,
              ]),
        ...(address === undefined || isIPv4(address)
            ? []
            : [`--address ${address}: it is no IPv4 address; write one such as 10.20.0.7`]),
    ];
}

function sourceOf(world: World, name: string): Source | undefined {
    const gateway = Object.entries(ENTRY_GATEWAYS).find(([key]) => key === name)?.[1];
    const entry = gateways(world).find(({ workload }) => workload.name === gateway);
    if (entry !== undefined) return { kind: "entry", gateway: entry };
    if (name === "stranger" || name === "unmeshed") {
        const pod = podOf(world, NAMESPACES.services, STRANGER_ACCOUNT);
        return { kind: "workload", workload: { ...pod, name, meshed: name === "stranger" } };
    }
    const known = findCallee(world, name);
    if (known !== undefined) return { kind: "workload", workload: known.workload };
    const [namespace, account, ...rest] = name.split("/");
    if (!namespace || !account || rest.length > 0) return undefined;
    return { kind: "workload", workload: podOf(world, namespace, account) };
}

function serviceAskings(catalogue: Catalogue, source: Source, callee: Callee, asked: Asked): Asking[] {
    const { path } = asked;
    const offers = callee.ports.map((port) => ({ port, offered: offeredBy(catalogue, callee, port) }));
    const chosen = offers.filter(({ port, offered }) => {
        if (asked.port !== undefined) return port.name === asked.port || String(port.number) === asked.port;
        if (port.name === HEALTH_PORT.name) return false;
        return (
            path === undefined ||
            (port.http && (!isGrpc(path) || offered.some(({ path: own }) => own === path)))
        );
    });
    const named =
        asked.port === undefined && path !== undefined && chosen.length === 0
            ? offers.filter(({ port }) => port.http && port.name !== HEALTH_PORT.name)
            : chosen;
    if (named.length === 0) {
        const ports = callee.ports.map(({ name, number }) => `${name} (${number})`).join(", ");
        throw new Unanswerable(
            `${callee.workload.name} has no port ${asked.port ?? "that takes requests"}: it has ${ports}`,
        );
    }
    return named.flatMap(({ port, offered }) => {
        const target = { kind: "service", callee, port } as const;
        const name = port.name === "" ? String(port.number) : port.name;
        if (!port.http) {
            if (path !== undefined)
                throw new Unanswerable(
                    `${name} of ${callee.workload.name} carries connections, of which the mesh sees no path: leave --path out`,
                );
            return [{ port: name, request: "a connection", question: { source, target } }];
        }
        return requestsOf(offered, asked).map(({ method, path: own, pattern }) => ({
            port: name,
            request: `${method} ${pattern}`,
            question: { source, target, http: requestOf(method, own, asked) },
        }));
    });
}

function requestsOf(offered: readonly Offered[], { path, method }: Asked): Offered[] {
    if (path !== undefined) {
        const sample = path.replaceAll(/\{\*\*?\}/g, "x");
        return [{ method: method ?? (isGrpc(path) ? "POST" : "GET"), path: sample, pattern: path }];
    }
    const own = offered.filter((one) => method === undefined || one.method === method);
    return own.length > 0 ? own : [{ method: method ?? "GET", path: "/", pattern: "/" }];
}

/** `/package.Service/Method`. */
export function isGrpc(path: string): boolean {
    return /^\/\w+(\.\w+)+\/\w+$/.test(path);
}
