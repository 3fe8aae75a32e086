/**
 * The expected result for every pair of source and port, derived from the catalogue and the design, independently of
 * the policies that the program derives. An error in the derivation therefore shows up as a mismatch.
 */
import type { Platform } from "../../../components/base/platform";
import type { PathForms } from "../../../catalogue/model";
import { groupBy } from "../../../catalogue/order";
import type { Check, Destination, Expected, Layer, Source, WireRequest } from "../model";
import { ingressChecks } from "./ingress";
import { type Grant, Grants } from "./grants";
import { destinations, sources, spiffe } from "./endpoints";
import { tenantContextChecks, tenantOfPath } from "./tenant-context";
import { resilienceChecks } from "./resilience";
import {
    ambiguousPaths,
    requestsFor,
    describeRequest,
    deniedRequests,
    inAnotherCase,
    offeredRequests,
    unique,
} from "./requests";

type Draft = Pick<Check, "request" | "expected" | "reason" | "host" | "sends">;

/** All checks of a platform, by layer, source and destination. */
export function expectations(platform: Platform): Check[] {
    const grants = new Grants(platform);
    const all = sources(platform.catalogue);
    const services = all.filter(({ kind }) => kind === "service");
    return [
        ...matrix(platform, "identity", all, (source, destination) => {
            const granted = grants.of(source, destination);
            if (granted.length === 0) return withoutEdge(source, destination, grants);
            return [
                ...[...groupBy(granted, ({ host = "" }) => host)].flatMap(([host, group]) =>
                    [
                        ...allowed(platform, source, destination, group),
                        ...denied(destination, group),
                        ...ambiguousSpellings(platform, destination, group),
                    ].map((draft) => (host === "" ? draft : { ...draft, host })),
                ),
                ...withoutHost(destination, granted),
                ...tenantContextChecks(platform, source, destination, spiffe(platform, source)),
            ];
        }),
        ...matrix(platform, "authorization", services, (source, destination) => {
            const granted = grants.of(source, destination);
            if (granted.length > 0) return allowed(platform, source, destination, granted);
            return [stoppedAtCaller(source, destination, grants)];
        }),
        ...ingressChecks(platform),
        ...resilienceChecks(platform),
    ];
}

function matrix(
    { catalogue }: Platform,
    layer: Layer,
    from: readonly Source[],
    draft: (source: Source, destination: Destination) => Draft[],
): Check[] {
    const to = destinations(catalogue);
    return from.flatMap((source) =>
        to.flatMap((destination) =>
            draft(source, destination).map((check, index) => ({
                id: `${layer}/${source.name}/${destination.service ?? destination.name}/${destination.portName}/${index}`,
                layer,
                source,
                destination,
                ...check,
            })),
        ),
    );
}

/** Each allowed request, once. */
function allowed(
    platform: Platform,
    source: Source,
    destination: Destination,
    granted: readonly Grant[],
): Draft[] {
    const { port } = destination;
    const caller = port.protocol === "tcp" ? null : spiffe(platform, source);
    const expected: Expected = { kind: "answered", caller };
    const drafts = granted.flatMap((grant) =>
        requestsFor(port, grant.operations).map((request): Draft => {
            const sends = tenantOfPath(platform, source, destination, request, grant.host);
            return { request, expected, reason: grant.edge, ...(sends === undefined ? {} : { sends }) };
        }),
    );
    const requests = unique(drafts.map(({ request }) => request));
    return drafts.filter(({ request }) => requests.includes(request));
}

function denied({ port }: Destination, granted: readonly Grant[]): Draft[] {
    const edges = [...new Set(granted.map(({ edge }) => edge))].join("; ");
    const operations = granted.map((grant) => grant.operations);
    const requests = [...deniedRequests(port, operations), ...inAnotherCase(port, operations)];
    return requests.map((request) => ({
        request,
        expected: { kind: "rbac" },
        reason: `${edges}, but not for ${describeRequest(request)}`,
    }));
}

/** One allowed path of a port, in ambiguous spellings. */
function ambiguousSpellings(
    { catalogue }: Platform,
    { name, port, portName }: Destination,
    granted: readonly Grant[],
): Draft[] {
    const exposures = (catalogue.services[name]?.exposures ?? []).filter((one) => one.port === portName);
    const exposedForms = Object.assign({}, ...exposures.map(({ paths = {} }) => paths)) as PathForms;
    const requests = ambiguousPaths(
        port,
        granted.map((grant) => grant.operations),
        exposedForms,
    );
    const edges = [...new Set(granted.map(({ edge }) => edge))].join("; ");
    return requests.map((request) => ({
        request,
        expected: { kind: "path-rejected" },
        reason: `${edges}; ambiguous paths are rejected`,
    }));
}

/** A gateway's identity must not get access with a Host header that is not exposed. */
function withoutHost({ name, port }: Destination, granted: readonly Grant[]): Draft[] {
    const [grant] = granted.filter(({ host }) => host !== undefined);
    const request = grant === undefined ? undefined : requestsFor(port, grant.operations)[0];
    if (grant === undefined || request === undefined) return [];
    const reason = `${grant.edge}, but not with Host ${name}`;
    return [{ request, expected: { kind: "rbac" }, reason }];
}

/** Tests every operation of the port: a stale ALLOW of a removed edge could match any of them. */
function withoutEdge(source: Source, destination: Destination, grants: Grants): Draft[] {
    if (source.kind === "outside-mesh" && destination.mtls === "STRICT") {
        // Rejected before the request is parsed, so one request is enough.
        return [
            {
                request: likeliestRequest(destination, grants),
                expected: { kind: "handshake-rejected" },
                reason: `${destination.name} requires mutual TLS on ${destination.portName}`,
            },
        ];
    }
    return offeredRequests(destination.port).map((request) => ({
        request,
        expected: { kind: "rbac" },
        reason: `no edge leads from ${source.name} to ${destination.name} on ${destination.portName}`,
    }));
}

/** Sidecars are scoped by host: requests to an undeclared port of a declared host are denied by the callee instead. */
function stoppedAtCaller(source: Source, destination: Destination, grants: Grants): Draft {
    const request = likeliestRequest(destination, grants);
    if (grants.reaches(source, destination)) {
        const reason = `${source.name} calls ${destination.name}, but not on ${destination.portName}`;
        return { request, expected: { kind: "rbac" }, reason };
    }
    const reason = `${source.name} does not call ${destination.name}, so its sidecar must have no route to it`;
    return { request, expected: { kind: "no-route" }, reason };
}

/** A request that some caller may send, if any: the one most likely to be open by mistake. */
function likeliestRequest(destination: Destination, grants: Grants): WireRequest {
    const { port } = destination;
    const [first] = [
        ...grants.to(destination).flatMap((grant) => requestsFor(port, grant.operations)),
        ...offeredRequests(port),
    ];
    if (first !== undefined) return first;
    throw new Error(
        `${destination.name} has no operations on ${destination.portName}: load the catalogue with catalogue/load.ts`,
    );
}
