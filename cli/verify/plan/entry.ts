/**
 * What must be seen by a client outside the mesh: the exposed requests answered, all else refused, and no host known
 * at a gateway at which it is not exposed.
 */
import type { Port } from "../../../catalogue/model";
import { type ExposureEdge, exposures } from "../../../catalogue/query";
import { ENTRY_GATEWAYS, NAMESPACES, exposedHost, principal } from "../../../components/base/names";
import type { Platform } from "../../../components/base/platform";
import type { Check, Destination, WireRequest } from "../model";
import { UNMESHED } from "./places";
import { asked, describeRequest, forbidden } from "./requests";

type GatewayKey = keyof typeof ENTRY_GATEWAYS;

/** A host that nobody exposes. */
const NO_SUCH_HOST = "mesh-verify-not-exposed";

export function entryChecks(platform: Platform): Check[] {
    // TCP exposures are not routed at the gateways yet: what a gateway may ask is checked by its identity alone.
    const routed = exposures(platform.catalogue).filter(({ port }) => port.protocol !== "tcp");
    const checks = (Object.keys(ENTRY_GATEWAYS) as GatewayKey[]).flatMap((gateway) => {
        const own = routed.filter(({ exposure }) => exposure.gateway === gateway);
        if (own.length === 0) return [];
        return [
            ...own.flatMap((edge) => exposed(edge, own, platform)),
            ...notExposed(gateway, routed, platform),
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

type Draft = Omit<Check, "id"> & Required<Pick<Check, "entry">>;

function exposed(edge: ExposureEdge, all: readonly ExposureEdge[], { config }: Platform): Draft[] {
    const { service, exposure, port } = edge;
    const gateway = ENTRY_GATEWAYS[exposure.gateway];
    const caller = `spiffe://${principal(config, NAMESPACES.ingress, gateway)}`;
    const base = draft(edge, exposure.gateway, exposedHost(config, exposure.host));
    const because = `${service} is exposed as ${exposure.host} at the ${exposure.gateway} gateway`;
    const granted = all.filter((other) => other.exposure.host === exposure.host);
    const refused = forbidden(
        port,
        granted.map((other) => other.exposure),
    );
    return [
        ...asked(port, exposure).map((request): Draft => ({
            ...base,
            request,
            expected: { kind: "answered", caller },
            because,
        })),
        ...refused.map((request): Draft => ({
            ...base,
            request,
            expected: { kind: "rbac" },
            because: `${because}, but not for ${describeRequest(request)}`,
        })),
    ];
}

/** One host that no gateway knows, and each that only another gateway does. */
function notExposed(gateway: GatewayKey, routed: readonly ExposureEdge[], { config }: Platform): Draft[] {
    const own = new Set(
        routed.filter(({ exposure }) => exposure.gateway === gateway).map(({ exposure }) => exposure.host),
    );
    const [first] = routed;
    if (first === undefined) return [];
    const others = routed.filter(({ exposure }) => !own.has(exposure.host));
    const unknown = { ...first, exposure: { ...first.exposure, host: NO_SUCH_HOST } };
    return [...others, unknown].map((edge) => {
        const host = exposedHost(config, edge.exposure.host);
        return {
            ...draft(edge, gateway, host),
            request: firstOf(asked(edge.port, edge.exposure)),
            expected: { kind: "no-route" },
            because: `nothing is exposed as ${edge.exposure.host} at the ${gateway} gateway`,
        };
    });
}

function draft({ service, portName, port }: ExposureEdge, gateway: GatewayKey, host: string) {
    const entry = {
        gateway: ENTRY_GATEWAYS[gateway],
        host,
        certificate: `${ENTRY_GATEWAYS[gateway]}-certificate`,
    };
    return { layer: "entry", source: UNMESHED, destination: place(service, portName, port), entry } as const;
}

function place(name: string, portName: string, port: Port): Destination {
    return { name, namespace: NAMESPACES.services, portName, port, mtls: "STRICT" };
}

function firstOf(requests: readonly WireRequest[]): WireRequest {
    const [first] = requests;
    if (first !== undefined) return first;
    throw new Error("an exposure asks for nothing: run assertCatalogue first");
}
