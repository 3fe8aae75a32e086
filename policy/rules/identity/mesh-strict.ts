import { MESH_CONFIG_HOLDERS } from "../../core/mesh-config";
import { at, isNonEmpty, textAt } from "../../core/read";
import { each, stackRule } from "../../core/rule";
import { type Subject } from "../../core/subject";

const PEER = "security.istio.io/PeerAuthentication";

interface Config {
    readonly platformElsewhere: boolean;
}

export const meshStrict = stackRule<Config>({
    name: "identity-mesh-strict",
    area: "identity",
    title: "A STRICT PeerAuthentication in the root namespace enforces mutual TLS for the whole mesh",
    severity: "critical",
    why: "Istio's default is PERMISSIVE: namespaces without a PeerAuthentication accept plain text",
    remediation:
        "Create a PeerAuthentication without a selector in the root namespace, with spec.mtls.mode STRICT.",
    appliesTo: [PEER, "core/Namespace", ...MESH_CONFIG_HOLDERS],
    defaults: { platformElsewhere: false },
    schema: {
        platformElsewhere: {
            type: "boolean",
            description: "another stack installs the control plane and the mesh-wide policies",
        },
    },
    examples: {
        noncompliant: `
apiVersion: v1
kind: Namespace
metadata: { name: shop, labels: { istio-injection: enabled } }
---
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: { name: default, namespace: shop }
spec: { mtls: { mode: STRICT } }
`,
        compliant: `
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
    *evaluateStack(stack, { platformElsewhere }) {
        if (!stack.bringsControlPlane && (platformElsewhere || stack.meshed.length === 0)) return;
        for (const root of stack.rootNamespaces) {
            yield* each(stack.within(root, PEER), function* (subject) {
                const mode = textAt(subject.spec, "mtls", "mode") ?? "not set";
                if (!isMeshWide(subject) || mode === "STRICT") return;
                yield {
                    subject,
                    problem: `it applies to the whole mesh, and its spec.mtls.mode is ${mode}: of several, Istio uses the oldest`,
                    fix: "remove it, or set its mode to STRICT.",
                };
            });
            if (stack.has(root, [PEER], (subject) => isMeshWide(subject) && isStrict(subject))) continue;
            yield {
                problem: `no PeerAuthentication in ${root} enforces mutual TLS for the whole mesh`,
                fix: `create one in ${root} without a selector and with spec.mtls.mode STRICT. If another stack has it, set platformElsewhere for this policy.`,
            };
        }
    },
});

function isMeshWide({ spec }: Subject): boolean {
    return !isNonEmpty(at(spec, "selector", "matchLabels"));
}

function isStrict({ spec }: Subject): boolean {
    return textAt(spec, "mtls", "mode") === "STRICT";
}
