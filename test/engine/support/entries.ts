/** Objects of a program. */
import type { InventoryEntry } from "../../../local/engine/ref";

export const service: InventoryEntry = {
    apiVersion: "v1",
    kind: "Service",
    namespace: "sparc",
    name: "auth",
    protect: false,
};

export const policy: InventoryEntry = {
    apiVersion: "security.istio.io/v1",
    kind: "AuthorizationPolicy",
    namespace: "sparc",
    name: "deny",
    protect: false,
};
