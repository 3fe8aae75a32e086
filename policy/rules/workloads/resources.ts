import { EXCEPTIONS_SCHEMA, isExcepted, NO_EXCEPTIONS, type WithExceptions } from "../../core/exceptions";
import { at, isNonEmpty } from "../../core/read";
import { objectRule } from "../../core/rule";
import { containersOf, podsIn, WORKLOADS } from "../../core/workload";

export const resources = objectRule<WithExceptions>({
    name: "workloads-resources",
    area: "workloads",
    title: "Containers have resource requests and a memory limit",
    severity: "low",
    why: "a container without requests can be scheduled on a full node, and without a memory limit it can starve its neighbors",
    remediation: "Set resources.requests for cpu and memory, and resources.limits.memory.",
    appliesTo: WORKLOADS,
    defaults: NO_EXCEPTIONS,
    schema: { exceptions: EXCEPTIONS_SCHEMA },
    examples: {
        noncompliant: `
apiVersion: v1
kind: Pod
metadata: { name: carts, namespace: shop }
spec: { containers: [{ name: carts, image: "carts:1" }] }
`,
        compliant: `
apiVersion: v1
kind: Pod
metadata: { name: carts, namespace: shop }
spec: { containers: [{ name: carts, image: "carts:1", resources: { requests: { cpu: 100m, memory: 64Mi }, limits: { memory: 128Mi } } }] }
`,
    },
    *evaluate(subject, config) {
        if (subject.isPatch || isExcepted(config, subject)) return;
        const containers = podsIn(subject).flatMap((pod) =>
            pod.isTemplate ? containersOf(pod).map((container) => ({ ...container, pod })) : [],
        );
        for (const { path, name, fields, isInit, pod } of containers) {
            if (isInit || (fields["image"] === "auto" && name === "istio-proxy")) continue;
            // Since Kubernetes 1.34, requests and limits can be set on the pod and are shared by its
            // containers.
            const shared = pod.spec["resources"];
            const missing = ["requests.cpu", "requests.memory", "limits.memory"].filter((field) =>
                [fields["resources"], shared].every(
                    (resources) => !isNonEmpty(at(resources, ...field.split("."))),
                ),
            );
            if (missing.length === 0) continue;
            yield {
                subject,
                problem: `${path}.resources lacks ${missing.join(", ")}`,
                fix: "set them according to the measured usage of the container.",
            };
        }
    },
});
