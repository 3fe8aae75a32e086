/** Ports: their numbers, and the operations that they offer. */

import type { Catalogue, GrpcPort, HttpPort, Port } from "../model";
import { isPath, requestLine } from "../requests";
import { offeredBy } from "./port-uses";
import type { Problem } from "./problem";
import { didYouMean, repeated } from "./problem";
import type { PortOwner, PortSite } from "./sites";
import { portOwners } from "./sites";
import { unknownCase } from "../never";
import { HEALTH_PORT, PROXY_PORTS, isProxyPort } from "../reserved-ports";

/** Duplicate and reserved numbers, invalid paths and unknown streaming methods. */
export function checkPorts(catalogue: Catalogue): Problem[] {
    return portOwners(catalogue).flatMap((owner) => [
        ...ownerProblems(owner),
        ...owner.ports.flatMap((site) => [...numberProblems(site), ...offerProblems(site)]),
    ]);
}

function ownerProblems({ label, ports }: PortOwner): Problem[] {
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
            message: `the ports ${first.name} and ${site.name} of ${label} both have the number ${site.port.number}`,
            remedy: "Change the number of one of them.",
        });
    }
    return problems;
}

function numberProblems({ port: { number }, label, where }: PortSite): Problem[] {
    const forHealth = number === HEALTH_PORT;
    if (!forHealth && !isProxyPort(number)) return [];
    return [
        {
            rule: "reserved-port",
            where,
            message: forHealth
                ? `${label} has the number ${number}, which is reserved for health probes`
                : `${label} has the number ${number}, which is reserved for Istio's sidecar`,
            remedy: `Use a number other than ${HEALTH_PORT} and ${PROXY_PORTS.first} to ${PROXY_PORTS.last}.`,
        },
    ];
}

function offerProblems(site: PortSite): Problem[] {
    const { port, label, where } = site;
    const malformed = (what: string, remedy: string): Problem => ({
        rule: "malformed-offer",
        where,
        message: `${label} offers ${what}`,
        remedy,
    });
    return [
        ...malformedOffers(port, malformed),
        ...repeated(offeredBy(port)).map((offer) => ({
            rule: "repeated-offer",
            where,
            message: `${label} offers ${offer} twice`,
            remedy: "Remove the duplicate.",
        })),
    ];
}

type Malformed = (what: string, remedy: string) => Problem;

const PATH_REMEDY =
    "Write a path with a leading slash, {*} for one segment and {**} for the rest, at the end only. Use canonical spelling: no dot segments, no `;`, no encoded slashes, and no unnecessary percent-encoding.";

function malformedOffers(port: Port, malformed: Malformed): Problem[] {
    switch (port.protocol) {
        case "http":
            return httpOffers(port, malformed);
        case "grpc":
            return grpcOffers(port, malformed);
        case "ws":
            return isPath(port.path) && !port.path.includes("{")
                ? []
                : [
                      malformed(
                          `its upgrade at the invalid path "${port.path}"`,
                          "Write a literal path, without {*}.",
                      ),
                  ];
        case "tcp":
            return [];
        default:
            return unknownCase(port);
    }
}

function httpOffers({ requests }: HttpPort, malformed: Malformed): Problem[] {
    return requests.flatMap((request) => {
        if (isPath(requestLine(request).path)) return [];
        return [malformed(`"${request}", which has an invalid path`, PATH_REMEDY)];
    });
}

function grpcOffers({ service, methods, streaming = [] }: GrpcPort, malformed: Malformed): Problem[] {
    // One spelling for each method: other checks compare methods as text.
    const prefix = `${service}/`;
    return [
        ...methods
            .filter((method) => method.startsWith(prefix))
            .map((method) =>
                malformed(
                    `the method ${method} with the name of the port's own service`,
                    `Write only ${method.slice(prefix.length)}, here and wherever it is listed.`,
                ),
            ),
        ...streaming
            .filter((name) => !methods.includes(name))
            .map((method) =>
                malformed(
                    `the streaming method ${method}, which is not in its methods`,
                    didYouMean(method, methods, `Add ${method} to methods.`),
                ),
            ),
    ];
}
