import { MESH_CONFIG_HOLDERS } from "../../core/mesh-config";
import { at, says, textAt } from "../../core/read";
import { each, stackRule } from "../../core/rule";
import { type Subject } from "../../core/subject";

const PEER = "security.istio.io/PeerAuthentication";

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
    judges: [PEER, "core/Namespace", ...MESH_CONFIG_HOLDERS],
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
        for (const root of world.rootNamespaces) {
            yield* each(world.within(root, PEER), function* (subject) {
                const mode = textAt(subject.spec, "mtls", "mode") ?? "not stated";
                if (!isMeshWide(subject) || mode === "STRICT") return;
                yield {
                    subject,
                    wrong: `it is for the whole mesh, and its spec.mtls.mode is ${mode}: of several, the oldest holds`,
                    fix: "remove it, or set its mode to STRICT.",
                };
            });
            if (world.has(root, [PEER], (subject) => isMeshWide(subject) && isStrict(subject))) continue;
            yield {
                wrong: `no PeerAuthentication in ${root} asks the whole mesh for mutual TLS`,
                fix: `create one in ${root} without a selector and with spec.mtls.mode STRICT. If another stack has it, set platformElsewhere for this policy.`,
            };
        }
    },
});

function isMeshWide({ spec }: Subject): boolean {
    return !says(at(spec, "selector", "matchLabels"));
}

function isStrict({ spec }: Subject): boolean {
    return textAt(spec, "mtls", "mode") === "STRICT";
}
