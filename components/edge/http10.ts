import type { EnvoyFilterManifest } from "../base/manifest";
import type { Platform } from "../base/platform";
import { PRIORITY, connectionManager, envoyFilter } from "./envoy";

/**
 * Takes HTTP/1.0 where the stack grants it. Envoy has a default host for requests without one (`default_host_for_http_10`); the
 * gateways have many hosts and none of them is the default, so that such a request gets 400.
 */
export function http10({ config }: Platform): EnvoyFilterManifest[] {
    if (!config.edge.http10) return [];
    return [
        envoyFilter("http-1-0", "all", PRIORITY.headers, [
            connectionManager({ http_protocol_options: { accept_http_10: true } }),
        ]),
    ];
}
