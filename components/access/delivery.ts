import { COMMON_LABELS } from "../base/labels";
import type { AuthorizationPolicyManifest } from "../base/manifest";
import { NAMESPACES, PROMETHEUS_ACCOUNT, principal } from "../base/names";
import type { Platform } from "../base/platform";
import { FLAGGER, LOAD_TESTER, PROMETHEUS_PORT } from "../base/rollouts";
import { allow, allowName } from "./allow";

/** What Flagger asks the load tester; never to open a gate, which is for people. */
const GATES = ["/gate/check", "/gate/close", "/rollback/check", "/rollback/close"];

/** Flagger asks whether somebody has said yes, and what its canaries' figures are. */
export function deliveryPolicies({ config }: Platform): AuthorizationPolicyManifest[] {
    if (!config.delivery.enabled) return [];
    const from = [{ source: { principals: [principal(config, NAMESPACES.delivery, FLAGGER.name)] } }];
    const operation = (port: number, methods: string[], paths: string[]) => [
        { operation: { ports: [String(port)], methods, paths } },
    ];
    return [
        allow(allowName(LOAD_TESTER.name, FLAGGER.name), NAMESPACES.delivery, LOAD_TESTER.name, [
            { from, to: operation(LOAD_TESTER.targetPort, ["POST"], GATES) },
        ]),
        {
            apiVersion: "security.istio.io/v1",
            kind: "AuthorizationPolicy",
            metadata: {
                name: allowName(PROMETHEUS_ACCOUNT, FLAGGER.name),
                namespace: NAMESPACES.monitoring,
                labels: COMMON_LABELS,
            },
            spec: {
                // As its own charts label it.
                selector: { matchLabels: { "app.kubernetes.io/name": PROMETHEUS_ACCOUNT } },
                action: "ALLOW",
                rules: [{ from, to: operation(PROMETHEUS_PORT, ["GET"], ["/api/v1/query"]) }],
            },
        },
    ];
}
