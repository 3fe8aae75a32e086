import * as fc from "fast-check";
import type { InventoryEntry } from "../../../local/engine/ref";

const kinds = fc.constantFrom(
    ["v1", "Namespace", false],
    ["v1", "Service", true],
    ["apps/v1", "Deployment", true],
    ["security.istio.io/v1", "AuthorizationPolicy", true],
    ["helm", "Release", true],
) as fc.Arbitrary<[apiVersion: string, kind: string, namespaced: boolean]>;

/** Few names, so that generated values collide. */
const name = fc.constantFrom("a", "b", "c", "d");

/** Objects and releases of a stack. */
export const anyEntry: fc.Arbitrary<InventoryEntry> = fc
    .tuple(kinds, fc.constantFrom("sparc", "databases"), name, fc.boolean())
    .map(([[apiVersion, kind, namespaced], namespace, drawn, protect]) =>
        namespaced
            ? { apiVersion, kind, namespace, name: drawn, protect }
            : { apiVersion, kind, name: drawn, protect },
    );
