/** What a port is and what it offers. */

import type { Catalogue, GrpcPort, HttpPort, Port } from "../model";
import { isPath, requestLine } from "../requests";
import { offeredBy } from "./asking";
import type { Problem } from "./problem";
import { didYouMean, repeated } from "./problem";
import type { PortOwner, PortSite } from "./sites";
import { portOwners } from "./sites";
import { unknownCase } from "../never";

/** Every workload answers its probes here. */
const HEALTH_PORT = 8081;

/** Istio's sidecar listens in this range. */
const SIDECAR_PORTS = { first: 15000, last: 15999 };

/** Numbers that are taken, and paths and streams that cannot be. */
export function checkPorts(catalogue: Catalogue): Problem[] {
    return portOwners(catalogue).flatMap((owner) => [
        ...ownerProblems(owner),
        ...owner.ports.flatMap((site) => [...numberProblems(site), ...offerProblems(site)]),
    ]);
}

function ownerProblems({ who, ports }: PortOwner): Problem[] {
    const problems: Problem[] = [];
    const byNumber = new Map<number, PortSite>();
    for (const site of ports) {
        const first = byNumber.get(site.port.number);
        if (first === undefined) {
            byNumber.set(site.port.number, site);
            continue;
        }
        problems.push({
            rule: "duplicate-port-number",
            where: site.where,
            message: `the ports ${first.name} and ${site.name} of ${who} both have the number ${site.port.number}`,
            remedy: "Give one of them another number.",
        });
    }
    return problems;
}

function numberProblems({ port: { number }, who, where }: PortSite): Problem[] {
    const forHealth = number === HEALTH_PORT;
    if (!forHealth && (number < SIDECAR_PORTS.first || number > SIDECAR_PORTS.last)) return [];
    return [
        {
            rule: "reserved-port",
            where,
            message: forHealth
                ? `${who} has the number ${number}, on which every workload answers its probes`
                : `${who} has the number ${number}, one of those of Istio's sidecar`,
            remedy: `Choose a number other than ${HEALTH_PORT} and ${SIDECAR_PORTS.first} to ${SIDECAR_PORTS.last}.`,
        },
    ];
}

function offerProblems(site: PortSite): Problem[] {
    const { port, who, where } = site;
    const malformed = (what: string, remedy: string): Problem => ({
        rule: "malformed-offer",
        where,
        message: `${who} offers ${what}`,
        remedy,
    });
    return [
        ...malformedOffers(port, malformed),
        ...repeated(offeredBy(port)).map((offer) => ({
            rule: "repeated-offer",
            where,
            message: `${who} offers ${offer} twice`,
            remedy: "Offer it once.",
        })),
    ];
}

type Malformed = (what: string, remedy: string) => Problem;

const PATH_REMEDY =
    "Write the path from its slash on; {*} for one segment, {**} for all the rest, at the end only. Text is as the proxies compare it: no dot segment, no `;`, no encoded slash, and nothing encoded that needs no encoding.";

function malformedOffers(port: Port, malformed: Malformed): Problem[] {
    switch (port.protocol) {
        case "http":
            return httpOffers(port, malformed);
        case "grpc":
            return grpcOffers(port, malformed);
        case "ws":
            return isPath(port.path) && !port.path.includes("{")
                ? []
                : [malformed(`its upgrade at "${port.path}", which is no path`, "Write a path without {*}.")];
        case "tcp":
            return [];
        default:
            return unknownCase(port);
    }
}

function httpOffers({ requests }: HttpPort, malformed: Malformed): Problem[] {
    return requests.flatMap((request) => {
        if (isPath(requestLine(request).path)) return [];
        return [malformed(`"${request}", whose path is none`, PATH_REMEDY)];
    });
}

function grpcOffers({ methods, streaming = [] }: GrpcPort, malformed: Malformed): Problem[] {
    return streaming
        .filter((name) => !methods.includes(name))
        .map((method) =>
            malformed(
                `a stream ${method}, which is none of its methods`,
                didYouMean(method, methods, `Add ${method} to its methods.`),
            ),
        );
}
