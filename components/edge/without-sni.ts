import { exposures } from "../../catalogue/query";
import type { EnvoyFilterManifest } from "../base/manifest";
import { GATEWAY_KEYS, exposedHost } from "../base/names";
import type { Platform } from "../base/platform";
import { type Patch, PRIORITY, envoyFilter } from "./envoy";

/**
 * Where the catalogue accepts it, a TLS handshake without SNI reaches the only host of the port. In a Gateway only a
 * server with the host `*` could do so, and any route could bind to that. Envoy uses an empty server name as the
 * default for all that no other filter chain matches (findFilterChainForServerName,
 * source/common/listener_manager/filter_chain_manager_impl.cc): handshakes with other names match too, and the
 * gateway's AuthorizationPolicy denies them.
 */
export function withoutSni({ catalogue, config }: Platform): EnvoyFilterManifest[] {
    return GATEWAY_KEYS.flatMap((key) => {
        const patches = exposures(catalogue).flatMap(({ exposure, port }): Patch[] => {
            const { gateway, host, listen } = exposure;
            if (gateway !== key || port.protocol !== "tcp" || exposure.withoutSni !== true) return [];
            if (listen === undefined) return [];
            return [
                {
                    applyTo: "FILTER_CHAIN",
                    match: {
                        context: "GATEWAY",
                        listener: { portNumber: listen, filterChain: { sni: exposedHost(config, host) } },
                    },
                    patch: {
                        operation: "MERGE",
                        value: { filter_chain_match: { server_names: [""] } },
                    },
                },
            ];
        });
        return patches.length === 0
            ? []
            : [envoyFilter(`${key}-without-sni`, key, PRIORITY.headers, patches)];
    });
}
