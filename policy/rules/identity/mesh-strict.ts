import { at, says, textAt } from "../../core/read";
import { stackRule } from "../../core/rule";
import { type Subject } from "../../core/subject";

interface Config {
    readonly platformElsewhere: boolean;
}

export const meshStrict = stackRule<Config>({
    name: "identity-mesh-strict",
    area: "identity",
    title: "The whole mesh asks for mutual TLS, by one STRICT PeerAuthentication in the root namespace",
    severity: "critical",
    why: "Istio's default is PERMISSIVE: a namespace that nobody has thought of takes plain text",
    remedy: "Create a PeerAuthentication without a selector in the root namespace, with spec.mtls.mode STRICT.",
    judges: ["security.istio.io/PeerAuthentication", "core/Namespace"],
    defaults: { platformElsewhere: false },
    schema: {
        platformElsewhere: {
            type: "boolean",
            description: "another stack brings the control plane, and the mesh-wide policies with it",
        },
    },
    examples: {
        refused: `
apiVersion: v1
kind: Namespace
metadata: { name: shop, labels: { istio-injection: enabled } }
---
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: { name: default, namespace: shop }
spec: { mtls: { mode: STRICT } }
`,
        accepted: `
apiVersion: v1
kind: Namespace
metadata: { name: shop, labels: { istio-injection: enabled } }
---
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: { name: default, namespace: istio-system }
spec: { mtls: { mode: STRICT } }
`,
    },
    *judgeStack(world, { platformElsewhere }) {
        if (!world.bringsControlPlane && (platformElsewhere || world.meshed.length === 0)) return;
        const root = world.rootNamespace;
        const strict = world.has(root, ["security.istio.io/PeerAuthentication"], isMeshWideStrict);
        if (strict) return;
        yield {
            wrong: `no PeerAuthentication in ${root} asks the whole mesh for mutual TLS`,
            fix: `create one in ${root} without a selector and with spec.mtls.mode STRICT. If another stack has it, set platformElsewhere for this policy.`,
        };
    },
});

function isMeshWideStrict({ spec }: Subject): boolean {
    return textAt(spec, "mtls", "mode") === "STRICT" && !says(at(spec, "selector", "matchLabels"));
}
