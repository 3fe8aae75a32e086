import { EXCEPTIONS_SCHEMA, isExcepted, NO_EXCEPTIONS, type WithExceptions } from "../../core/exceptions";
import { each, stackRule } from "../../core/rule";
import { WORKLOADS } from "../../core/workload";

/** Where a manifest without a namespace lands. Nobody declares it, and so nobody puts it into the mesh. */
const DEFAULT = "default";

export const notDefault = stackRule<WithExceptions>({
    name: "injection-not-default",
    area: "injection",
    title: "No workload runs in the namespace default, outside the mesh",
    severity: "high",
    why: "default exists in every cluster without a label that injects sidecars, so what lands there has no identity and no rules",
    remedy: "Set metadata.namespace to a namespace of the mesh, or declare the Namespace default with a label that injects sidecars.",
    judges: [...WORKLOADS, "core/Namespace"],
    defaults: NO_EXCEPTIONS,
    schema: { exceptions: EXCEPTIONS_SCHEMA },
    examples: {
        refused: `
apiVersion: v1
kind: Namespace
metadata: { name: shop, labels: { istio-injection: enabled } }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: carts, namespace: default }
spec: { template: { spec: { containers: [{ name: carts, image: "carts:1" }] } } }
`,
        accepted: `
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
    *judgeStack(world, config) {
        // A stack without a mesh says nothing of where the mesh is.
        if (world.meshed.length === 0 || world.isMeshed(DEFAULT)) return;
        yield* each(world.all(...WORKLOADS), function* (subject) {
            if (subject.namespace !== DEFAULT || subject.isPatch || isExcepted(config, subject)) return;
            yield {
                subject,
                wrong: "it is in the namespace default, which is not in the mesh",
                fix: "set metadata.namespace to a namespace of the mesh.",
            };
        });
    },
});
