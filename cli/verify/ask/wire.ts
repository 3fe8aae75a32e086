/** Checks as `standin probe` reads them, and what it writes (local/standin/probe_request.go). */
import { CLUSTER_DOMAIN, NAMESPACES, serviceHost } from "../../../components/base/names";
import type { Behaviour, Check, WireRequest, WireResult } from "../model";

const TIMEOUT_MS = 10_000;
/** A pod that is ready may still wait for its callee's endpoints. A refusal is asked for once: it must hold at once. */
const ATTEMPTS_FOR_AN_ANSWER = 4;

/** @param certificates the CA of each gateway's certificate, by the name of its Secret. */
export function toProbe(check: Check, certificates: ReadonlyMap<string, string>): Record<string, unknown> {
    const { id, request, behaviour, expected } = check;
    return {
        id,
        ...fields(request),
        ...(behaviour === undefined ? {} : told(request, behaviour)),
        ...target(check, certificates),
        timeoutMs: TIMEOUT_MS + (behaviour?.kind === "is-slow" ? behaviour.milliseconds : 0),
        attempts: ["answered", "left"].includes(expected.kind) ? ATTEMPTS_FOR_AN_ANSWER : 1,
    };
}

function fields(request: WireRequest): Record<string, unknown> {
    switch (request.protocol) {
        case "http":
        case "grpc":
        case "ws":
        case "tcp":
            return { ...request };
    }
}

/** The same request, with what tells the stand-in how to answer it (local/standin/README.md). */
function told(request: WireRequest, behaviour: Behaviour): Record<string, unknown> {
    if (request.protocol === "grpc") {
        const headers =
            behaviour.kind === "fails"
                ? { "standin-status": "14" }
                : { "standin-delay": `${behaviour.milliseconds}ms` };
        return { headers };
    }
    if (request.protocol !== "http") return {};
    const query = behaviour.kind === "fails" ? "status=503" : `delay=${behaviour.milliseconds}ms`;
    return { path: `${request.path}?${query}` };
}

function target({ destination, entry, outside, request }: Check, certificates: ReadonlyMap<string, string>) {
    if (outside !== undefined) {
        const { host, port, address, authority } = outside;
        return {
            address: `${address ?? host}:${port}`,
            ...(request.protocol === "tcp" ? {} : { host }),
            ...(authority === undefined || request.protocol === "tcp"
                ? {}
                : { tls: { serverName: host, caPem: authority } }),
        };
    }
    if (entry === undefined) {
        return {
            address: `${serviceHost(destination.name, destination.namespace)}:${destination.port.number}`,
        };
    }
    return {
        address: `${entry.gateway}.${NAMESPACES.ingress}.svc.${CLUSTER_DOMAIN}:443`,
        host: entry.host,
        tls: { serverName: entry.host, caPem: certificates.get(entry.certificate) },
    };
}

/** One result a line. */
export function parseResults(stdout: string): WireResult[] {
    return stdout
        .split("\n")
        .filter((line) => line.trim() !== "")
        .map((line) => JSON.parse(line) as WireResult);
}
