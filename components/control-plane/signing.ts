/** The CA with which istiod signs workload certificates. */
import type { MeshConfig } from "../../config/schema";
import { MESH_CA } from "../base/names";

const FOLDER = "/etc/mesh-ca";

/**
 * Values of istiod's chart that mount the CA that cert-manager renews. Not the Secret `cacerts` that the chart
 * supports: if it is missing, istiod silently generates a root, and its roots could only be the signer's.
 */
export function signing({ mesh }: MeshConfig["certificates"]): {
    values: object;
    env: Record<string, string>;
} {
    if (mesh.from === "istiod") return { values: {}, env: {} };
    const isDefault = mesh.trustedRoots.length === 0;
    const keys = ["tls.crt", "tls.key", ...(isDefault ? ["ca.crt"] : [])];
    const sources = [
        { secret: { name: MESH_CA.secret, items: items(keys) } },
        ...(isDefault ? [] : [{ configMap: { name: MESH_CA.roots, items: items(["ca.crt"]) } }]),
    ];
    return {
        values: {
            volumes: [{ name: "mesh-ca", projected: { sources } }],
            volumeMounts: [{ name: "mesh-ca", mountPath: FOLDER, readOnly: true }],
        },
        env: {
            ROOT_CA_DIR: FOLDER,
            // It reloads a changed list of roots without a restart.
            ISTIO_MULTIROOT_MESH: "true",
        },
    };
}

function items(keys: readonly string[]): { key: string; path: string }[] {
    return keys.map((key) => ({ key, path: key }));
}
