import { MESH_CONFIG_HOLDERS, meshConfigsOf } from "../../core/mesh-config";
import { textAt } from "../../core/read";
import { objectRule } from "../../core/rule";

export const registryOnly = objectRule<object>({
    name: "egress-registry-only",
    area: "egress",
    title: "Sidecars send only to what the mesh knows",
    severity: "critical",
    why: "with ALLOW_ANY, Istio's default, a sidecar passes requests to any address on the Internet",
    remedy: "Set meshConfig.outboundTrafficPolicy.mode to REGISTRY_ONLY, and declare hosts outside as ServiceEntries.",
    judges: [...MESH_CONFIG_HOLDERS, "networking.istio.io/Sidecar"],
    defaults: {},
    schema: {},
    examples: {
        refused: `
apiVersion: v1
kind: ConfigMap
metadata: { name: istio, namespace: istio-system }
data: { mesh: "outboundTrafficPolicy: { mode: ALLOW_ANY }" }
`,
        accepted: `
apiVersion: v1
kind: ConfigMap
metadata: { name: istio, namespace: istio-system }
data: { mesh: "outboundTrafficPolicy: { mode: REGISTRY_ONLY }" }
`,
    },
    *judge(subject) {
        if (subject.id === "networking.istio.io/Sidecar") {
            const mode = textAt(subject.spec, "outboundTrafficPolicy", "mode");
            if (mode !== "ALLOW_ANY") return;
            yield {
                subject,
                wrong: "spec.outboundTrafficPolicy.mode is ALLOW_ANY, so its workloads reach any address",
                fix: "remove it: the mesh's own mode holds then.",
            };
            return;
        }
        for (const { path, config } of meshConfigsOf(subject)) {
            const mode = textAt(config, "outboundTrafficPolicy", "mode");
            if (mode === "REGISTRY_ONLY") continue;
            yield {
                subject,
                wrong: `${path}.outboundTrafficPolicy.mode is ${mode ?? "not stated, and ALLOW_ANY is Istio's default"}`,
                fix: "set it to REGISTRY_ONLY.",
            };
        }
    },
});
