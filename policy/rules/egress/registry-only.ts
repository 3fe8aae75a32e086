import { MESH_CONFIG_HOLDERS, meshConfigsOf } from "../../core/mesh-config";
import { textAt } from "../../core/read";
import { objectRule } from "../../core/rule";

export const registryOnly = objectRule<object>({
    name: "egress-registry-only",
    area: "egress",
    title: "Sidecars only send requests to registered hosts",
    severity: "critical",
    why: "with ALLOW_ANY, Istio's default, a sidecar forwards requests to any address on the Internet",
    remediation:
        "Set meshConfig.outboundTrafficPolicy.mode to REGISTRY_ONLY, and declare external hosts as ServiceEntries.",
    appliesTo: [...MESH_CONFIG_HOLDERS, "networking.istio.io/Sidecar"],
    defaults: {},
    schema: {},
    examples: {
        noncompliant: `
apiVersion: v1
kind: ConfigMap
metadata: { name: istio, namespace: istio-system }
data: { mesh: "outboundTrafficPolicy: { mode: ALLOW_ANY }" }
`,
        compliant: `
apiVersion: v1
kind: ConfigMap
metadata: { name: istio, namespace: istio-system }
data: { mesh: "outboundTrafficPolicy: { mode: REGISTRY_ONLY }" }
`,
    },
    *evaluate(subject) {
        if (subject.id === "networking.istio.io/Sidecar") {
            const mode = textAt(subject.spec, "outboundTrafficPolicy", "mode");
            if (mode !== "ALLOW_ANY") return;
            yield {
                subject,
                problem:
                    "spec.outboundTrafficPolicy.mode is ALLOW_ANY, so its workloads can reach any address",
                fix: "remove it, so that the mesh's mode applies.",
            };
            return;
        }
        for (const { path, config } of meshConfigsOf(subject)) {
            const mode = textAt(config, "outboundTrafficPolicy", "mode");
            if (mode === "REGISTRY_ONLY") continue;
            yield {
                subject,
                problem: `${path}.outboundTrafficPolicy.mode is ${mode ?? "not set, and Istio's default is ALLOW_ANY"}`,
                fix: "set it to REGISTRY_ONLY.",
            };
        }
    },
});
