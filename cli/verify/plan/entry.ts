/**
 * What must be seen by a client outside the mesh: the exposed requests answered, to those who may make them, all else
 * refused, and no host known at a gateway at which it is not exposed.
 */
import type { Exposure } from "../../../catalogue/model";
import { type ExposureEdge, exposures } from "../../../catalogue/query";
import { ENTRY_GATEWAYS } from "../../../components/base/names";
import type { Platform } from "../../../components/base/platform";
import type { Check, WireRequest } from "../model";
import { type Draft, draft, gatewayCaller } from "./entry-draft";
import { certificateChecks } from "./entry-certificates";
import { clientChecks, spellingChecks } from "./entry-clients";
import { pathChecks } from "./entry-paths";
import { rightToken, tokenChecks } from "./entry-tokens";
import { transportChecks } from "./entry-transport";
import { asked, describeRequest, forbidden } from "./requests";

type GatewayKey = keyof typeof ENTRY_GATEWAYS;

/** A host that nobody exposes. */
const NO_SUCH_HOST = "mesh-verify-not-exposed";

export function entryChecks(platform: Platform): Check[] {
    const all = exposures(platform.catalogue);
    const routed = all.filter(({ port }) => port.protocol !== "tcp");
    const checks = (Object.keys(ENTRY_GATEWAYS) as GatewayKey[]).flatMap((gateway) => {
        const own = all.filter(({ exposure }) => exposure.gateway === gateway);
        if (own.length === 0) return [];
        return [
            ...own.flatMap((edge) => [
                ...exposed(edge, platform),
                ...refused(edge, platform),
                ...tokenChecks(edge, platform),
                ...clientChecks(edge, platform),
                ...pathChecks(edge, platform),
                ...certificateChecks(edge, own, platform),
            ]),
            ...own
                .filter(({ port }) => port.protocol === "http")
                .slice(0, 1)
                .flatMap((edge) => spellingChecks(edge, platform)),
            ...notExposed(gateway, routed, platform),
            ...transportChecks(own, platform),
        ];
    });
    const counts = new Map<string, number>();
    return checks.map((check) => {
        const { gateway, host } = check.entry;
        const index = counts.get(`${gateway}/${host}`) ?? 0;
        counts.set(`${gateway}/${host}`, index + 1);
        return { id: `entry/${gateway}/${host}/${index}`, ...check };
    });
}

/** Each exposed request, as a client with all rights to it makes it. */
function exposed(edge: ExposureEdge, platform: Platform): Draft[] {
    const { port, exposure } = edge;
    const base = draft(edge, platform, rightToken(edge, platform));
    const caller = port.protocol === "tcp" ? null : gatewayCaller(edge, platform);
    return asked(port, exposure).map((request) => ({
        ...base,
        request,
        expected: { kind: "answered", caller },
    }));
}

/** What the port offers, or might, and the host does not: also to a client with all rights to the host. */
function refused(edge: ExposureEdge, platform: Platform): Draft[] {
    const base = draft(edge, platform, rightToken(edge, platform));
    return forbidden(edge.port, [edge.exposure]).map((request) => ({
        ...base,
        request,
        expected: { kind: "rbac" },
        because: `${base.because}, but not for ${describeRequest(request)}`,
    }));
}

/** One host that no gateway knows, and each that only another gateway does. */
function notExposed(gateway: GatewayKey, routed: readonly ExposureEdge[], platform: Platform): Draft[] {
    const own = new Set(
        routed.filter(({ exposure }) => exposure.gateway === gateway).map(({ exposure }) => exposure.host),
    );
    const [first] = routed;
    if (first === undefined) return [];
    const others = routed.filter(({ exposure }) => !own.has(exposure.host));
    const unknown = { ...first, exposure: { ...first.exposure, host: NO_SUCH_HOST } };
    return [...others, unknown].map((edge) => ({
        ...draft(atAnother(edge, gateway), platform),
        request: firstOf(asked(edge.port, edge.exposure)),
        expected: { kind: "no-route" },
        because: `nothing is exposed as ${edge.exposure.host} at the ${gateway} gateway`,
    }));
}

/** The exposure as if another gateway knew it, which has no certificate for its host. */
function atAnother(edge: ExposureEdge, gateway: GatewayKey): ExposureEdge {
    const exposure: { -readonly [K in keyof Exposure]: Exposure[K] } = { ...edge.exposure, gateway };
    delete exposure.clientCertificate;
    return { ...edge, exposure };
}

function firstOf(requests: readonly WireRequest[]): WireRequest {
    const [first] = requests;
    if (first !== undefined) return first;
    throw new Error("an exposure asks for nothing: load it by catalogue/load.ts");
}
