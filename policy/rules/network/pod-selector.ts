import { EXCEPTIONS_SCHEMA, type Exception, isExcepted, NO_EXCEPTIONS } from "../../core/exceptions";
import { at, list, numberAt, isNonEmpty, textAt } from "../../core/read";
import { objectRule } from "../../core/rule";
import { isSpecific } from "../../core/selectors";

interface Config {
    readonly exceptions: readonly Exception[];
    readonly ports: readonly number[];
}

export const specificPodSelector = objectRule<Config>({
    name: "network-pod-selector",
    area: "network",
    title: "NetworkPolicies that select every pod of a namespace only allow ports that every pod needs",
    severity: "high",
    why: "traffic that one workload needs is then allowed for all of them: an exception for Prometheus becomes egress for every pod",
    remediation: "Select the pods that need the port by their labels.",
    appliesTo: ["networking.k8s.io/NetworkPolicy"],
    // DNS; istiod; the sidecar's merged metrics, health checks and Envoy metrics.
    defaults: { ...NO_EXCEPTIONS, ports: [53, 15012, 15020, 15021, 15090] },
    schema: {
        exceptions: EXCEPTIONS_SCHEMA,
        ports: {
            type: "array",
            items: { type: "integer" },
            description: "ports that every pod needs: DNS, istiod, metrics",
        },
    },
    examples: {
        noncompliant: `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: prometheus, namespace: monitoring }
spec: { podSelector: {}, policyTypes: [Egress], egress: [{ to: [{ podSelector: { matchLabels: { app: api } } }], ports: [{ port: 8080 }] }] }
`,
        compliant: `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: dns, namespace: monitoring }
spec: { podSelector: {}, policyTypes: [Egress], egress: [{ to: [{ podSelector: { matchLabels: { k8s-app: kube-dns } } }], ports: [{ port: 53, protocol: UDP }] }] }
`,
    },
    *evaluate(subject, config) {
        // A patch of another program's policy may omit the selector.
        const selector = subject.spec["podSelector"];
        if (isSpecific(selector) || (subject.isPatch && selector === undefined)) return;
        for (const direction of ["ingress", "egress"]) {
            for (const [index, rule] of list(subject.spec[direction]).entries()) {
                const ports = list(at(rule, "ports"));
                const open = ports.filter((port) => {
                    const number = numberAt(port, "port");
                    const isListed =
                        number !== undefined &&
                        config.ports.includes(number) &&
                        !isNonEmpty(at(port, "endPort"));
                    return !isListed && !isExcepted(config, subject, number);
                });
                if (ports.length > 0 && open.length === 0) continue;
                if (ports.length === 0 && isExcepted(config, subject)) continue;
                const which = open.map((port) => textAt(port, "port") ?? "any").join(", ");
                yield {
                    subject,
                    problem: `spec.${direction}[${index}] allows ${which === "" ? "every port" : `port ${which}`} for every pod of ${subject.namespace}, because its podSelector is not specific`,
                    fix: "add a label of the pods that need it to spec.podSelector, or add the port to this policy's exceptions.",
                };
            }
        }
    },
});
