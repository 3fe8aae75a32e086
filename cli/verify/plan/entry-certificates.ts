/** Client certificates: what a gateway refuses without the right one, and by another host's handshake. */
import { GATEWAY_PORTS } from "../../../components/base/names";
import type { ExposureEdge } from "../../../catalogue/query";
import type { Platform } from "../../../components/base/platform";
import type { Entry, WireRequest } from "../model";
import { type Draft, draft } from "./entry-draft";
import { rightToken } from "./entry-tokens";
import { asked } from "./requests";

/** @param own the other exposures of the same gateway, by whose handshake a request could come in */
export function certificateChecks(
    edge: ExposureEdge,
    own: readonly ExposureEdge[],
    platform: Platform,
): Draft[] {
    const { clientCertificate } = edge.exposure;
    if (clientCertificate === undefined) return [];
    const base = { ...draft(edge, platform, rightToken(edge, platform)), request: firstAsked(edge) };
    const { authority } = clientCertificate;
    const because = `${base.because}, to clients with a certificate of ${authority}`;
    return [
        {
            ...base,
            entry: withoutCertificate(base.entry),
            expected: { kind: "certificate-refused" },
            because: `${because}; this one has none`,
        },
        {
            ...base,
            entry: { ...base.entry, clientCertificate: { authority, foreign: true } },
            expected: { kind: "certificate-refused" },
            because: `${because}; this one's is another's`,
        },
        ...byAnotherHandshake(edge, own, platform),
    ];
}

/** The host of one handshake is not reached by another's: neither without a certificate, nor past what else a host demands. */
function byAnotherHandshake(edge: ExposureEdge, own: readonly ExposureEdge[], platform: Platform): Draft[] {
    const other = own.find(
        ({ exposure, port }) => port.protocol !== "tcp" && exposure.clientCertificate === undefined,
    );
    if (edge.port.protocol === "tcp" || other === undefined) return [];
    const here = draft(edge, platform, rightToken(edge, platform));
    const there = draft(other, platform, rightToken(other, platform));
    return [
        {
            ...here,
            entry: {
                ...withoutCertificate(here.entry),
                port: GATEWAY_PORTS.https,
                certificate: there.entry.certificate,
                serverName: there.entry.host,
            },
            request: firstAsked(edge),
            // Its policy decides before the lack of a route does.
            expected: { kind: "rbac" },
            because: `${here.because}, and not by the handshake of ${there.entry.host}, which asks for no certificate`,
        },
        {
            ...there,
            entry: {
                ...there.entry,
                certificate: here.entry.certificate,
                serverName: here.entry.host,
                ...(here.entry.clientCertificate && { clientCertificate: here.entry.clientCertificate }),
            },
            request: firstAsked(other),
            expected: { kind: "no-route" },
            because: `${there.because}, and not by the handshake of ${here.entry.host}`,
        },
    ];
}

function withoutCertificate(entry: Entry): Entry {
    const rest: { -readonly [K in keyof Entry]: Entry[K] } = { ...entry };
    delete rest.clientCertificate;
    return rest;
}

function firstAsked({ port, exposure }: ExposureEdge): WireRequest {
    const [first] = asked(port, exposure);
    if (first !== undefined) return first;
    throw new Error("an exposure asks for nothing: load it by catalogue/load.ts");
}
