import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { RandomPassword } from "@pulumi/random/randomPassword";
import type { ConcernOptions } from "../base/concern";
import { COMMON_LABELS } from "../base/labels";
import { GRAFANA_ADMIN_SECRET } from "../../config/observability";
import { NAMESPACES } from "../base/names";
import type { Platform } from "../base/platform";

const USER = "admin";
/** Letters and digits: 190 bits. */
const LENGTH = 32;

export interface GrafanaAdmin {
    /** What must exist before Grafana's release. */
    readonly resources: readonly pulumi.Resource[];
    readonly outputs: {
        /** A secret. */
        readonly grafanaPassword?: pulumi.Output<string>;
    };
}

/** Registers the password of Grafana's administrator, unless the stack has no Grafana or you create its Secret. */
export function grafanaAdmin(
    { config }: Platform,
    { provider, after = [] }: Pick<ConcernOptions, "provider" | "after">,
): GrafanaAdmin {
    const { prometheus } = config.observability;
    if (prometheus.from !== "chart" || prometheus.grafanaAdmin.from === "secret")
        return { resources: [], outputs: {} };
    const { secret, password } = new GrafanaAdminSecret(prometheus.grafanaAdmin, { provider, after });
    return { resources: [secret], outputs: { grafanaPassword: password } };
}

type Source = Exclude<
    Extract<Platform["config"]["observability"]["prometheus"], { from: "chart" }>["grafanaAdmin"],
    { from: "secret" }
>;

/** A Secret with a generated or configured password. No derivation has it, because the engine determines its content. */
class GrafanaAdminSecret extends pulumi.ComponentResource {
    readonly secret: k8s.core.v1.Secret;
    readonly password: pulumi.Output<string>;

    constructor(source: Source, { provider, after = [] }: Pick<ConcernOptions, "provider" | "after">) {
        super(
            "sparc:mesh:GrafanaAdmin",
            "grafana-admin",
            {},
            { providers: [provider], dependsOn: [...after] },
        );
        this.password = pulumi.secret(this.passwordOf(source));
        this.secret = new k8s.core.v1.Secret(
            `grafana-admin-${NAMESPACES.monitoring}-${GRAFANA_ADMIN_SECRET}`,
            {
                apiVersion: "v1",
                kind: "Secret",
                metadata: {
                    name: GRAFANA_ADMIN_SECRET,
                    namespace: NAMESPACES.monitoring,
                    labels: COMMON_LABELS,
                },
                stringData: { "admin-user": USER, "admin-password": this.password },
            },
            { parent: this, dependsOn: after.flatMap(({ anchors }) => anchors) },
        );
        this.registerOutputs();
    }

    private passwordOf(source: Source): pulumi.Input<string> {
        if (source.from === "generated")
            return new RandomPassword("grafana-admin", { length: LENGTH, special: false }, { parent: this })
                .result;
        // Pulumi's engine decrypts it. Without the engine, which `mesh policy` does not need, it stays encrypted.
        return typeof source.password === "string" ? source.password : source.password.secure;
    }
}
