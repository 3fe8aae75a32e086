import type { EnvoyFilterManifest } from "../base/manifest";
import type { Platform } from "../base/platform";
import { PRIORITY, connectionManager, envoyFilter } from "./envoy";

/**
 * Accepts HTTP/1.0 if the stack turns it on. Envoy has a default host for requests without one
 * (`default_host_for_http_10`); it is not set, because a gateway has many hosts, so such a request gets 400.
 */
export function http10({ config }: Platform): EnvoyFilterManifest[] {
    if (!config.edge.http10) return [];
    return [
        envoyFilter("http-1-0", "all", PRIORITY.headers, [
            connectionManager({ http_protocol_options: { accept_http_10: true } }),
        ]),
    ];
}
