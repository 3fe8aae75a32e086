/** Exposures of one port that allow the same requests with weaker authentication than another exposure. */

import { groupBy } from "../order";
import type { Authentication, Catalogue, Exposure, Request } from "../model";
import { overlap } from "../requests";
import type { Problem } from "./problem";
import { list } from "./problem";
import { type ExposureSite, exposureSites } from "./sites";

/** Whether the gateway authenticates the client. Otherwise only the service can. */
const CHECKED_AT_GATEWAY: Readonly<Record<Authentication, boolean>> = {
    jwt: true,
    signed: false,
    none: false,
    device: false,
};

/**
 * A service cannot distinguish the hosts of its requests unless it reads the Host header. So a request that one host
 * accepts without authentication is open, whatever another host requires.
 */
export function checkSharedRequests(catalogue: Catalogue): Problem[] {
    const byPort = groupBy(exposureSites(catalogue), ({ name, exposure }) => `${name}/${exposure.port}`);
    return [...byPort.values()].flatMap((sites) => {
        return sites.flatMap((weaker) =>
            sites
                .filter((stricter) => checksLess(weaker, stricter))
                .flatMap((stricter) => shared(weaker, stricter)),
        );
    });
}

/** Whether the gateway skips a check at one host that it makes at the other. */
function checksLess({ exposure: weaker }: ExposureSite, { exposure: stricter }: ExposureSite): boolean {
    const token = (one: Exposure) => CHECKED_AT_GATEWAY[one.authentication];
    const certificate = ({ clientCertificate }: Exposure) => clientCertificate !== undefined;
    return (token(stricter) && !token(weaker)) || (certificate(stricter) && !certificate(weaker));
}

function shared(weaker: ExposureSite, stricter: ExposureSite): Problem[] {
    const both = inCommon(weaker, stricter);
    if (both === undefined) return [];
    const { exposure } = weaker;
    const requirements = (one: Exposure) =>
        `authentication ${one.authentication}${one.clientCertificate === undefined ? "" : " and a client certificate"}`;
    return [
        {
            rule: "shared-requests",
            where: weaker.where,
            message:
                `the host ${exposure.host} allows ${both} with ${requirements(exposure)}, ` +
                `but the host ${stricter.exposure.host} requires ${requirements(stricter.exposure)}`,
            remedy: "Expose each request at one of the two hosts only, or require the same authentication at both.",
        },
    ];
}

/** The operations that both expose, as text; undefined if there are none. */
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
