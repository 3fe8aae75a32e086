/**
 * What must be seen on the wire, for every pair of a source and a port: judged from the catalogue and from what the
 * design promises, without a look at the policies that the program derives. A wrong derivation then shows as a
 * difference instead of being expected.
 */
import type { Platform } from "../../../components/base/platform";
import type { PathForms } from "../../../catalogue/model";
import { groupBy } from "../../../catalogue/order";
import type { Check, Destination, Expected, Layer, Source, WireRequest } from "../model";
import { entryChecks } from "./entry";
import { type Grant, Grants } from "./grants";
import { destinations, sources, spiffe } from "./places";
import { tenantContextChecks, tenantOfPath } from "./tenant-context";
import { resilienceChecks } from "./resilience";
import { ambiguous, asked, describeRequest, forbidden, offered, unique } from "./requests";

type Draft = Pick<Check, "request" | "expected" | "because" | "host" | "sends">;

/** All checks of a platform: by layer, source and destination. */
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
                        ...refused(destination, group),
                        ...misspelt(platform, destination, group),
                    ].map((draft) => (host === "" ? draft : { ...draft, host })),
                ),
                ...withoutHost(destination, granted),
                ...tenantContextChecks(platform, source, destination, spiffe(platform, source)),
            ];
        }),
        ...matrix(platform, "source", services, (source, destination) => {
            const granted = grants.of(source, destination);
            if (granted.length > 0) return allowed(platform, source, destination, granted);
            return [stoppedAtSource(source, destination, grants)];
        }),
        ...entryChecks(platform),
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
                id: `${layer}/${source.name}/${destination.name}/${destination.portName}/${index}`,
                layer,
                source,
                destination,
                ...check,
            })),
        ),
    );
}

/** Each request that an edge asks for, once. */
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
        asked(port, grant.asked).map((request): Draft => {
            const sends = tenantOfPath(platform, source, destination, request, grant.host);
            return { request, expected, because: grant.edge, ...(sends === undefined ? {} : { sends }) };
        }),
    );
    const requests = unique(drafts.map(({ request }) => request));
    return drafts.filter(({ request }) => requests.includes(request));
}

function refused({ port }: Destination, granted: readonly Grant[]): Draft[] {
    const edges = [...new Set(granted.map(({ edge }) => edge))].join("; ");
    const requests = forbidden(
        port,
        granted.map((grant) => grant.asked),
    );
    return requests.map((request) => ({
        request,
        expected: { kind: "rbac" },
        because: `${edges}, but not for ${describeRequest(request)}`,
    }));
}

/** One granted path of a port, in spellings that programs read differently. */
function misspelt(
    { catalogue }: Platform,
    { name, port, portName }: Destination,
    granted: readonly Grant[],
): Draft[] {
    const exposures = (catalogue.services[name]?.exposures ?? []).filter((one) => one.port === portName);
    const widened = Object.assign({}, ...exposures.map(({ paths = {} }) => paths)) as PathForms;
    const requests = ambiguous(
        port,
        granted.map((grant) => grant.asked),
        widened,
    );
    const edges = [...new Set(granted.map(({ edge }) => edge))].join("; ");
    return requests.map((request) => ({
        request,
        expected: { kind: "path-refused" },
        because: `${edges}, for paths that every program reads alike`,
    }));
}

/** A gateway's identity opens nothing under a Host header that nobody exposes. */
function withoutHost({ name, port }: Destination, granted: readonly Grant[]): Draft[] {
    const [grant] = granted.filter(({ host }) => host !== undefined);
    const request = grant === undefined ? undefined : asked(port, grant.asked)[0];
    if (grant === undefined || request === undefined) return [];
    const because = `${grant.edge}, but not under the name ${name}`;
    return [{ request, expected: { kind: "rbac" }, because }];
}

/** Every request that the port offers: an ALLOW left over from an edge that is gone may be for any of them. */
function withoutEdge(source: Source, destination: Destination, grants: Grants): Draft[] {
    if (source.kind === "unmeshed" && destination.mtls === "STRICT") {
        // Refused before any request is read, so that one stands for all.
        return [
            {
                request: likeliest(destination, grants),
                expected: { kind: "refused-handshake" },
                because: `${destination.name} takes mutual TLS only on ${destination.portName}`,
            },
        ];
    }
    return offered(destination.port).map((request) => ({
        request,
        expected: { kind: "rbac" },
        because: `no edge leads from ${source.name} to ${destination.name} on ${destination.portName}`,
    }));
}

/** A sidecar knows whole hosts: an uncalled port of a called one is stopped by the callee instead. */
function stoppedAtSource(source: Source, destination: Destination, grants: Grants): Draft {
    const request = likeliest(destination, grants);
    if (grants.knows(source, destination)) {
        const because = `${source.name} calls ${destination.name}, but not on ${destination.portName}`;
        return { request, expected: { kind: "rbac" }, because };
    }
    const because = `${source.name} calls nothing of ${destination.name}, so its sidecar must not know it`;
    return { request, expected: { kind: "no-route" }, because };
}

/** One request that somebody may make, if anybody may: the likeliest to be open by mistake. */
function likeliest(destination: Destination, grants: Grants): WireRequest {
    const { port } = destination;
    const [first] = [
        ...grants.to(destination).flatMap((grant) => asked(port, grant.asked)),
        ...offered(port),
    ];
    if (first !== undefined) return first;
    throw new Error(
        `${destination.name} offers nothing on ${destination.portName}: load it by catalogue/load.ts`,
    );
}
