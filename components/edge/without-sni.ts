import { exposures } from "../../catalogue/query";
import type { EnvoyFilterManifest } from "../base/manifest";
import { GATEWAY_KEYS, exposedHost } from "../base/names";
import type { Platform } from "../base/platform";
import { type Patch, PRIORITY, envoyFilter } from "./envoy";

/**
 * Clients that name no host in their TLS handshake come to the one host of the port, where the catalogue accepts them. A Gateway's
 * server could do so with the host `*` alone, to which any route could bind. Envoy takes an empty server name for all that no other
 * chain matches (findFilterChainForServerName, source/common/listener_manager/filter_chain_manager_impl.cc): other names come here
 * too, and the gateway's AuthorizationPolicy denies them.
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
