/** What istiod signs workloads' certificates with. */
import type { MeshConfig } from "../../config/schema";
import { MESH_CA } from "../base/names";

const FOLDER = "/etc/mesh-ca";

/**
 * Values of istiod's chart that give it the CA which cert-manager renews. Not the Secret `cacerts` that the chart would take:
 * without one istiod makes a root of its own in silence, and its roots could be no others than the signer's.
 */
export function signing({ mesh }: MeshConfig["certificates"]): {
    values: object;
    env: Record<string, string>;
} {
    if (mesh.from === "istiod") return { values: {}, env: {} };
    const own = mesh.trust.length === 0;
    const keys = ["tls.crt", "tls.key", ...(own ? ["ca.crt"] : [])];
    const sources = [
        { secret: { name: MESH_CA.secret, items: items(keys) } },
        ...(own ? [] : [{ configMap: { name: MESH_CA.roots, items: items(["ca.crt"]) } }]),
    ];
    return {
        values: {
            volumes: [{ name: "mesh-ca", projected: { sources } }],
            volumeMounts: [{ name: "mesh-ca", mountPath: FOLDER, readOnly: true }],
        },
        env: {
            ROOT_CA_DIR: FOLDER,
            // It takes a list of roots that grows or shrinks without a restart.
            ISTIO_MULTIROOT_MESH: "true",
        },
    };
}

function items(keys: readonly string[]): { key: string; path: string }[] {
    return keys.map((key) => ({ key, path: key }));
}
