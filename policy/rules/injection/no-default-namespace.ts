import { EXCEPTIONS_SCHEMA, isExcepted, NO_EXCEPTIONS, type WithExceptions } from "../../core/exceptions";
import { each, stackRule } from "../../core/rule";
import { WORKLOADS } from "../../core/workload";

/** Manifests without a namespace end up here. The namespace is usually not declared, and so not in the mesh. */
const DEFAULT = "default";

export const noDefaultNamespace = stackRule<WithExceptions>({
    name: "injection-no-default-namespace",
    area: "injection",
    title: "No workload runs in the namespace default, unless it is in the mesh",
    severity: "high",
    why: "every cluster has the namespace default without an injection label, so workloads there have no identity and no policies",
    remediation:
        "Set metadata.namespace to a namespace of the mesh, or declare the Namespace default with an injection label.",
    appliesTo: [...WORKLOADS, "core/Namespace"],
    defaults: NO_EXCEPTIONS,
    schema: { exceptions: EXCEPTIONS_SCHEMA },
    examples: {
        noncompliant: `
apiVersion: v1
kind: Namespace
metadata: { name: shop, labels: { istio-injection: enabled } }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: carts, namespace: default }
spec: { template: { spec: { containers: [{ name: carts, image: "carts:1" }] } } }
`,
        compliant: `
apiVersion: v1
kind: Namespace
metadata: { name: shop, labels: { istio-injection: enabled } }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: carts, namespace: shop }
spec: { template: { spec: { containers: [{ name: carts, image: "carts:1" }] } } }
`,
    },
    *evaluateStack(stack, config) {
        // A stack without meshed namespaces does not show which namespaces are in the mesh.
        if (stack.meshed.length === 0 || stack.isMeshed(DEFAULT)) return;
        yield* each(stack.all(...WORKLOADS), function* (subject) {
            if (subject.namespace !== DEFAULT || subject.isPatch || isExcepted(config, subject)) return;
            yield {
                subject,
                problem: "it is in the namespace default, which is not in the mesh",
                fix: "set metadata.namespace to a namespace of the mesh.",
            };
        });
    },
});
