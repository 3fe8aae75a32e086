/** Extracts the tenant from the path into the request's metadata. */
import type { Exposure } from "../../../catalogue/model";
import { typed } from "./envoy-filter";
import { tenantCapture } from "./path-forms";

/** The metadata namespace. The key is the label of the exposure. */
export const PATH_TENANT = "sparc.edge.path_tenant";

/** The name of the filter that decodes the extracted tenant. */
export const PATH_TENANT_DECODED = "sparc.path_tenant_decoded";

/** Most paths, for which that filter is skipped. */
export const WITHOUT_ENCODING = { header: ":path", regex: "[^%]*" } as const;

/**
 * Extracts the tenant from the path, for each exposure under a separate key. Values for other paths are not used.
 *
 * @param templatesOf the templates in effect, if they are not the exposure's
 */
export function pathTenant(
    exposures: readonly Exposure[],
    templatesOf: (exposure: Exposure) => readonly string[] = ({ tenantPaths = [] }) => tenantPaths,
): Record<string, unknown> {
    return typed("filters.http.header_to_metadata.v3.Config", {
        request_rules: exposures.map((exposure) => {
            const paths = distinct(templatesOf(exposure), (template) =>
                tenantCapture(template, exposure.paths ?? {}),
            );
            return {
                header: ":path",
                on_header_present: {
                    metadata_namespace: PATH_TENANT,
                    key: exposure.host,
                    type: "STRING",
                    regex_value_rewrite: {
                        pattern: { regex: `^(?:${paths.join("|")})(?:[?#].*)?$` },
                        // At most one alternative's group is not empty.
                        substitution: paths.map((_, index) => `\\${index + 1}`).join(""),
                    },
                },
                remove: false,
            };
        }),
    });
}

/**
 * Decodes a tenant that is percent-encoded in the path, as it is not in the token. If this fails, the name stays
 * encoded and matches no token. `canonical-paths` has checked what it decodes: UTF-8, encoded once.
 */
export function decodedPathTenant(): Record<string, unknown> {
    const lines = [
        "function envoy_on_request(handle)",
        "  local metadata = handle:streamInfo():dynamicMetadata()",
        `  for host, name in pairs(metadata:get("${PATH_TENANT}") or {}) do`,
        '    if string.find(name, "%", 1, true) then',
        '      local plain = string.gsub(name, "%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end)',
        `      metadata:set("${PATH_TENANT}", host, plain)`,
        "    end",
        "  end",
        "end",
    ];
    return typed("filters.http.lua.v3.Lua", {
        default_source_code: { inline_string: `${lines.join("\n")}\n` },
    });
}

/** Unique patterns: templates that differ only after the tenant have the same one. */
export function distinct(templates: readonly string[], write: (template: string) => string): string[] {
    return [...new Set(templates.map(write))];
}
