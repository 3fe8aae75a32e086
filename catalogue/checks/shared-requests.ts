/** Exposures of one port that open the same requests to clients who prove less than another exposure demands. */

import { groupBy } from "../order";
import type { Authentication, Catalogue, Exposure, Request } from "../model";
import { overlap } from "../requests";
import type { Problem } from "./problem";
import { list } from "./problem";
import { type ExposureSite, exposureSites } from "./sites";

/** Whether a gateway itself checks who the client is. Where it does not, the service must, or nobody does. */
const CHECKED_AT_GATEWAY: Readonly<Record<Authentication, boolean>> = {
    jwt: true,
    signed: false,
    none: false,
    device: false,
};

/**
 * The service cannot tell through which host a request came unless it reads the Host header, so that a request which one
 * host takes without a check is open whatever another host demands for it.
 */
export function checkSharedRequests(catalogue: Catalogue): Problem[] {
    const byPort = groupBy(exposureSites(catalogue), ({ name, exposure }) => `${name}/${exposure.port}`);
    return [...byPort.values()].flatMap((sites) => {
        return sites.flatMap((open) =>
            sites.filter((closed) => provesLess(open, closed)).flatMap((closed) => shared(open, closed)),
        );
    });
}

/** Whether what a gateway checks at one host leaves out something that it checks at the other. */
function provesLess({ exposure: open }: ExposureSite, { exposure: closed }: ExposureSite): boolean {
    const token = (one: Exposure) => CHECKED_AT_GATEWAY[one.authentication];
    const certificate = ({ clientCertificate }: Exposure) => clientCertificate !== undefined;
    return (token(closed) && !token(open)) || (certificate(closed) && !certificate(open));
}

function shared(open: ExposureSite, closed: ExposureSite): Problem[] {
    const both = inCommon(open, closed);
    if (both === undefined) return [];
    const { exposure } = open;
    const demanded = (one: Exposure) =>
        `authentication ${one.authentication}${one.clientCertificate === undefined ? "" : " and a client certificate"}`;
    return [
        {
            rule: "shared-requests",
            where: open.where,
            message:
                `the host ${exposure.host} opens ${both} with ${demanded(exposure)}, ` +
                `which the host ${closed.exposure.host} opens with ${demanded(closed.exposure)} alone`,
            remedy: "Divide the requests between the two hosts, or demand the same authentication at both.",
        },
    ];
}

/** What both open, as a phrase; undefined if nothing is open at both. */
function inCommon({ exposure: a, port }: ExposureSite, { exposure: b }: ExposureSite): string | undefined {
    switch (port?.protocol) {
        case undefined:
            return undefined;
        case "http": {
            const both = (a.requests ?? []).filter((request: Request) =>
                (b.requests ?? []).some((other) => overlap(request, other)),
            );
            return both.length === 0 ? undefined : list(both);
        }
        case "grpc": {
            const both = (a.methods ?? []).filter((method) => (b.methods ?? []).includes(method));
            return both.length === 0 ? undefined : list(both);
        }
        case "ws":
        case "tcp":
            return `the port ${a.port}`;
    }
}
