/** The tenant that a path names, read by Envoy into the request's metadata. */
import type { Exposure } from "../../catalogue/model";
import { typed } from "./envoy-filter";
import { tenantCapture } from "./path-forms";

/** Where it stands there, by the label of the exposure whose templates name it. */
export const PATH_TENANT = "sparc.edge.path_tenant";

/** Lua: `name` without percent-encoding, in digits of either case. */
export const DECODED =
    'string.gsub(name, "%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end)';

/**
 * Reads the tenant out of the path, for each exposure under its own key. Other paths give what nobody reads.
 *
 * @param templatesOf the templates that are in force, where they are not the exposure's own
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
                        // Of the alternatives' groups all but one are empty.
                        substitution: paths.map((_, index) => `\\${index + 1}`).join(""),
                    },
                },
                remove: false,
            };
        }),
    });
}

/** Each form once: templates that differ behind the tenant only are one. */
export function distinct(templates: readonly string[], write: (template: string) => string): string[] {
    return [...new Set(templates.map(write))];
}
