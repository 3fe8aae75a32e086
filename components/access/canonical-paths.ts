import { sortedEntries } from "../../catalogue/order";
import { servicesOf } from "../../catalogue/query";
import type { PathForms, Service } from "../../catalogue/model";
import { CANONICAL_PATHS, canonicalPathPatches, canonicalPaths } from "../shared/envoy/canonical-paths";
import { type EnvoyPatch, CONNECTION_MANAGER, envoyFilter } from "../shared/envoy/envoy-filter";
import type { EnvoyFilterManifest } from "../base/manifest";
import { NAMESPACES } from "../base/names";
import type { Platform } from "../base/platform";

const NAME = "canonical-paths";

/** A filter that replaces another must be applied after it. */
const PRIORITY = { everywhere: 0, ofService: 1 } as const;

/**
 * Every sidecar rejects the paths that the gateways reject: callers in the mesh can send other spellings too, and a
 * policy must see the path that the service sees. A service that opted in to more forms has the same filter with
 * fewer policies.
 */
export function canonicalPathsAtSidecars({ catalogue }: Platform): EnvoyFilterManifest[] {
    const everywhere = envoyFilter({
        name: NAME,
        namespace: NAMESPACES.system,
        priority: PRIORITY.everywhere,
        patches: canonicalPathPatches("SIDECAR_INBOUND", {}),
    });
    const opted = servicesOf(catalogue).flatMap(([name, service]) => {
        const patches = sortedEntries(service.ports).flatMap(([portName, port]) => {
            const forms = formsOf(service, portName);
            return forms === undefined ? [] : [replaced(port.number, forms)];
        });
        if (patches.length === 0) return [];
        return [
            envoyFilter({
                name: `${name}-${NAME}`,
                namespace: NAMESPACES.services,
                workload: name,
                priority: PRIORITY.ofService,
                patches,
            }),
        ];
    });
    return [everywhere, ...opted];
}

/** The forms of paths that a port's callers can use: those in the mesh, and clients of its exposures. */
function formsOf(service: Service, portName: string): PathForms | undefined {
    const port = service.ports[portName];
    const all: PathForms[] = [
        ...(port?.protocol === "http" && port.paths !== undefined ? [port.paths] : []),
        ...(service.exposures ?? []).flatMap((exposure) =>
            exposure.port === portName && exposure.paths !== undefined ? [exposure.paths] : [],
        ),
    ];
    const encodedSlashes = all.some((forms) => forms.encodedSlashes === true);
    const parameters = all.some((forms) => forms.parameters === true);
    return encodedSlashes || parameters ? { encodedSlashes, parameters } : undefined;
}

function replaced(destinationPort: number, forms: PathForms): EnvoyPatch {
    const filter = { name: CONNECTION_MANAGER, subFilter: { name: CANONICAL_PATHS } };
    return {
        applyTo: "HTTP_FILTER",
        match: {
            context: "SIDECAR_INBOUND",
            listener: { filterChain: { destinationPort, filter } },
        },
        patch: {
            operation: "REPLACE",
            value: canonicalPaths({ forms }),
        },
    };
}
