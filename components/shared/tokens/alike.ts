import { TOKEN_HEADERS } from "../../base/names";

/**
 * Matches names that programs read as those of the tenant headers: CGI, WSGI and Rack pass `x_tenant` as they pass `x-tenant`, some CGI
 * servers `x.tenant` and `x!tenant` too. Envoy's header names are in lower case.
 */
export function tokenHeadersAlike(): string {
    return Object.values(TOKEN_HEADERS)
        .map((header) => header.replaceAll("-", "[^a-z0-9-]"))
        .join("|");
}
