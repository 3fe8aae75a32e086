import { type Concern, ConcernComponent, type ConcernOptions } from "../base/concern";
import { COMMON_LABELS, serviceSelector } from "../base/labels";
import type { Derived, PeerAuthenticationManifest } from "../base/manifest";
import { HEALTH_PORT, NAMESPACES } from "../base/names";
import type { Platform } from "../base/platform";

function deriveIdentity({ catalogue }: Platform): Derived {
    const services = Object.keys(catalogue.services).sort().map(forService);
    return { releases: [], objects: [MESH_WIDE, STORES, ...services] };
}

/** In Istio's root namespace a policy without a selector applies to the whole mesh. */
const MESH_WIDE: PeerAuthenticationManifest = {
    apiVersion: "security.istio.io/v1",
    kind: "PeerAuthentication",
    metadata: { name: "default", namespace: NAMESPACES.system, labels: COMMON_LABELS },
    spec: { mtls: { mode: "STRICT" } },
};

/**
 * Mutual TLS is optional for databases, whose tools often do not support it. Plaintext is possible but not
 * authorized: every ALLOW of a store requires a principal, which only mutual TLS provides. A store with several
 * members, or a backup without a sidecar, needs policies in addition to these.
 */
const STORES: PeerAuthenticationManifest = {
    apiVersion: "security.istio.io/v1",
    kind: "PeerAuthentication",
    metadata: { name: "default", namespace: NAMESPACES.stores, labels: COMMON_LABELS },
    spec: { mtls: { mode: "PERMISSIVE" } },
};

/**
 * STRICT for each service by name, so that no change of the mesh-wide policy weakens it; except for its health port.
 */
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

/** Mutual TLS, required everywhere, with documented exceptions. */
export class Identity extends ConcernComponent {
    constructor(platform: Platform, options: ConcernOptions) {
        super(identity, platform, options);
    }
}
