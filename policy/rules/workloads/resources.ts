import { EXCEPTIONS_SCHEMA, isExcepted, NO_EXCEPTIONS, type WithExceptions } from "../../core/exceptions";
import { at, says } from "../../core/read";
import { objectRule } from "../../core/rule";
import { containersOf, podsIn, WORKLOADS } from "../../core/workload";

export const resources = objectRule<WithExceptions>({
    name: "workloads-resources",
    area: "workloads",
    title: "Containers say what they need and what they may take",
    severity: "low",
    why: "a container without requests is placed where nothing is left, and without a memory limit takes its neighbours with it",
    remedy: "Set resources.requests of cpu and memory, and resources.limits.memory.",
    judges: WORKLOADS,
    defaults: NO_EXCEPTIONS,
    schema: { exceptions: EXCEPTIONS_SCHEMA },
    examples: {
        refused: `
apiVersion: v1
kind: Pod
metadata: { name: carts, namespace: shop }
spec: { containers: [{ name: carts, image: "carts:1" }] }
`,
        accepted: `
apiVersion: v1
kind: Pod
metadata: { name: carts, namespace: shop }
spec: { containers: [{ name: carts, image: "carts:1", resources: { requests: { cpu: 100m, memory: 64Mi }, limits: { memory: 128Mi } } }] }
`,
    },
    *judge(subject, config) {
        if (subject.isPatch || isExcepted(config, subject)) return;
        const containers = podsIn(subject).flatMap((pod) =>
            pod.isTemplate ? containersOf(pod).map((container) => ({ ...container, pod })) : [],
        );
        for (const { path, name, fields, isInit, pod } of containers) {
            if (isInit || (fields["image"] === "auto" && name === "istio-proxy")) continue;
            // Kubernetes 1.34 takes requests and limits of the pod as a whole, which its containers share.
            const shared = pod.spec["resources"];
            const missing = ["requests.cpu", "requests.memory", "limits.memory"].filter((field) =>
                [fields["resources"], shared].every((resources) => !says(at(resources, ...field.split(".")))),
            );
            if (missing.length === 0) continue;
            yield {
                subject,
                wrong: `${path}.resources lacks ${missing.join(", ")}`,
                fix: "set them to what the container was measured to take.",
            };
        }
    },
});
