/** Checks for the Secrets that you create, and that the deployment waits for or that hosts need. */
import { NAMESPACES } from "../../components/base/names";
import type { MeshConfig } from "../../config/schema";
import { type ClusterAccess, failed, passed, type PreflightEnvironment, type PreflightIssue } from "./model";

interface RequiredSecret {
    readonly namespace: string;
    readonly name: string;
    readonly keys: readonly string[];
    /** The configuration key that names it. */
    readonly configKey: string;
    /** What happens without it; a deployment that would wait for it in vain must not start. */
    readonly effect: { readonly blocks: boolean; readonly text: string };
}

export function requiredSecrets({ certificates, egress, observability }: MeshConfig): RequiredSecret[] {
    const { issuer, mesh, clients } = certificates;
    const { prometheus } = observability;
    return [
        ...(issuer.from === "authority"
            ? [
                  {
                      namespace: NAMESPACES.certificates,
                      name: issuer.secret,
                      keys: ["tls.crt", "tls.key", "ca.crt"],
                      configKey: "certificates.issuer.secret",
                      effect: {
                          blocks: true,
                          text: "the update waits for certificates that nothing can sign",
                      },
                  },
              ]
            : []),
        ...(mesh.from === "authority"
            ? [
                  {
                      namespace: NAMESPACES.system,
                      name: mesh.secret,
                      keys: ["tls.crt", "tls.key"],
                      configKey: "certificates.mesh.secret",
                      effect: {
                          blocks: true,
                          text: "the update waits for the intermediate CA that nothing can sign",
                      },
                  },
              ]
            : []),
        ...(prometheus.from === "chart" && prometheus.grafanaAdmin.from === "secret"
            ? [
                  {
                      namespace: NAMESPACES.monitoring,
                      name: prometheus.grafanaAdmin.secret,
                      keys: ["admin-user", "admin-password"],
                      configKey: "observability.prometheus.grafanaAdmin.secret",
                      effect: { blocks: true, text: "the update waits for Grafana, which does not start" },
                  },
              ]
            : []),
        ...Object.entries(clients).flatMap(([authority, source]) =>
            source.from === "secret"
                ? [
                      {
                          namespace: NAMESPACES.ingress,
                          name: source.secret,
                          keys: ["ca.crt"],
                          configKey: `certificates.clients.${authority}.secret`,
                          effect: {
                              blocks: false,
                              text: "hosts that require client certificates reject all handshakes",
                          },
                      },
                  ]
                : [],
        ),
        ...(egress.caSecret === undefined
            ? []
            : [
                  {
                      namespace: NAMESPACES.egress,
                      name: egress.caSecret,
                      keys: ["ca.crt"],
                      configKey: "egress.caSecret",
                      effect: { blocks: false, text: "the egress gateway trusts no external host" },
                  },
              ]),
    ];
}

/** @param cluster undefined if it does not exist or cannot be reached */
export async function secretIssues(
    config: MeshConfig,
    cluster: ClusterAccess | undefined,
    environment: PreflightEnvironment,
): Promise<PreflightIssue[]> {
    return await Promise.all(
        requiredSecrets(config).map((secret) => secretIssue(secret, cluster, environment)),
    );
}

async function secretIssue(
    { namespace, name, keys, configKey, effect }: RequiredSecret,
    cluster: ClusterAccess | undefined,
    { secretKeys }: PreflightEnvironment,
): Promise<PreflightIssue> {
    const check = `Secret ${namespace}/${name}`;
    const create =
        `create it (pulumi up --target '**Namespaces**', then kubectl create secret generic ${name} -n ${namespace} ` +
        `${keys.map((key) => `--from-file=${key}=<file>`).join(" ")}), or change ${configKey}`;
    const pending = (message: string): PreflightIssue => ({
        check,
        status: "pending",
        message,
        remedy: create,
    });
    if (cluster === undefined)
        return pending(`must exist with ${keys.join(", ")}; without it, ${effect.text}`);
    let present: readonly string[] | undefined;
    try {
        present = await secretKeys(cluster, namespace, name);
    } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        return pending(`could not be read (${message}); it must exist with ${keys.join(", ")}`);
    }
    const missing = keys.filter((key) => present?.includes(key) !== true);
    if (missing.length === 0) return passed(check, `has ${keys.join(", ")}`);
    const what = present === undefined ? "does not exist" : `lacks ${missing.join(", ")}`;
    const message = `${what}; ${effect.text}`;
    return effect.blocks ? failed(check, message, create) : pending(message);
}
