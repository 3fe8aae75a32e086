import { type Concern, ConcernComponent, type ConcernOptions } from "../base/concern";
import { COMMON_LABELS, serviceSelector } from "../base/labels";
import type { Derived, PeerAuthenticationManifest } from "../base/manifest";
import { HEALTH_PORT, NAMESPACES } from "../base/names";
import type { Platform } from "../base/platform";

function deriveIdentity({ catalogue }: Platform): Derived {
    const services = Object.keys(catalogue.services).sort().map(forService);
    return { releases: [], objects: [MESH_WIDE, STORES, ...services] };
}

/** In Istio's root namespace a policy without selector holds for the whole mesh. */
const MESH_WIDE: PeerAuthenticationManifest = {
    apiVersion: "security.istio.io/v1",
    kind: "PeerAuthentication",
    metadata: { name: "default", namespace: NAMESPACES.system, labels: COMMON_LABELS },
    spec: { mtls: { mode: "STRICT" } },
};

/**
 * The design leaves mutual TLS optional for databases, whose own tools often cannot speak it. Plaintext is thereby
 * possible, not allowed: every ALLOW of a store wants a principal, which only mutual TLS gives. A store of several
 * members, or a backup without a sidecar, needs policies of its own beside these.
 */
const STORES: PeerAuthenticationManifest = {
    apiVersion: "security.istio.io/v1",
    kind: "PeerAuthentication",
    metadata: { name: "default", namespace: NAMESPACES.stores, labels: COMMON_LABELS },
    spec: { mtls: { mode: "PERMISSIVE" } },
};

/** STRICT for a service by name, so that no change of the mesh-wide policy opens it; its health port is left out. */
function forService(name: string): PeerAuthenticationManifest {
    return {
        apiVersion: "security.istio.io/v1",
        kind: "PeerAuthentication",
        metadata: { name, namespace: NAMESPACES.services, labels: COMMON_LABELS },
        spec: {
            selector: serviceSelector(name),
            mtls: { mode: "STRICT" },
            portLevelMtls: { [HEALTH_PORT.number]: { mode: "PERMISSIVE" } },
        },
    };
}

export const identity: Concern = {
    name: "identity",
    derive: deriveIdentity,
    anchors: (object) => object === MESH_WIDE,
};

/** Who is who: mutual TLS, required everywhere but where a reason is written down. */
export class Identity extends ConcernComponent {
    constructor(platform: Platform, options: ConcernOptions) {
        super(identity, platform, options);
    }
}
