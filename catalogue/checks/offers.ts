/** Nobody asks for what is not offered. */

import type { Catalogue } from "../model";
import { covers } from "../requests";
import type { Asking } from "./asking";
import { askedOf, asking, offeredBy, offers } from "./asking";
import type { Problem } from "./problem";
import { didYouMean, repeated } from "./problem";

/** Requests and methods that the port does not offer, or that one call or exposure lists twice. */
export function checkOffers(catalogue: Catalogue): Problem[] {
    return asking(catalogue).flatMap((site) => [...notOffered(site), ...askedTwice(site)]);
}

function notOffered(site: Asking): Problem[] {
    const { who, whom, where, portName, port } = site;
    const offered = offeredBy(port);
    return askedOf(site)
        .filter((asked) => !isOffered(asked, site))
        .map((asked) => ({
            rule: "not-offered",
            where,
            message: `${who} asks for ${asked}, which ${whom} does not offer on its port ${portName}`,
            remedy: didYouMean(asked, offered, offers(site)),
        }));
}

/** By its own name, or as one of the requests that an offered pattern stands for. */
function isOffered(asked: string, { port }: Asking): boolean {
    if (port.protocol !== "http") return offeredBy(port).includes(asked);
    return port.requests.some((request) => request === asked || covers(request, asked as typeof request));
}

function askedTwice(site: Asking): Problem[] {
    return repeated(askedOf(site)).map((asked) => ({
        rule: "repeated-ask",
        where: site.where,
        message: `${site.who} asks ${site.whom} for ${asked} twice`,
        remedy: "Ask for it once.",
    }));
}
