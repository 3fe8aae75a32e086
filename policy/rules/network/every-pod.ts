import { EXCEPTIONS_SCHEMA, type Exception, isExcepted, NO_EXCEPTIONS } from "../../core/exceptions";
import { at, list, numberAt, says, textAt } from "../../core/read";
import { objectRule } from "../../core/rule";
import { namesSome } from "../../core/selectors";

interface Config {
    readonly exceptions: readonly Exception[];
    readonly ports: readonly number[];
}

export const everyPod = objectRule<Config>({
    name: "network-every-pod",
    area: "network",
    title: "A NetworkPolicy for every pod of a namespace opens what every pod needs, and no more",
    severity: "high",
    why: "what one workload may reach, or be reached by, is then every workload's: an exception for Prometheus becomes everybody's way out",
    remedy: "Select the pods that need it by a label of their own.",
    judges: ["networking.k8s.io/NetworkPolicy"],
    // DNS; istiod; the sidecar's merged metrics, health and Envoy's own metrics.
    defaults: { ...NO_EXCEPTIONS, ports: [53, 15012, 15020, 15021, 15090] },
    schema: {
        exceptions: EXCEPTIONS_SCHEMA,
        ports: {
            type: "array",
            items: { type: "integer" },
            description: "what every pod needs: DNS, istiod, metrics",
        },
    },
    examples: {
        refused: `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: prometheus, namespace: monitoring }
spec: { podSelector: {}, policyTypes: [Egress], egress: [{ to: [{ podSelector: { matchLabels: { app: api } } }], ports: [{ port: 8080 }] }] }
`,
        accepted: `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: dns, namespace: monitoring }
spec: { podSelector: {}, policyTypes: [Egress], egress: [{ to: [{ podSelector: { matchLabels: { k8s-app: kube-dns } } }], ports: [{ port: 53, protocol: UDP }] }] }
`,
    },
    *judge(subject, config) {
        // A patch of somebody else's policy need not say whom it selects.
        const selector = subject.spec["podSelector"];
        if (namesSome(selector) || (subject.isPatch && selector === undefined)) return;
        for (const direction of ["ingress", "egress"]) {
            for (const [index, rule] of list(subject.spec[direction]).entries()) {
                const ports = list(at(rule, "ports"));
                const open = ports.filter((port) => {
                    const number = numberAt(port, "port");
                    const isListed =
                        number !== undefined && config.ports.includes(number) && !says(at(port, "endPort"));
                    return !isListed && !isExcepted(config, subject, number);
                });
                if (ports.length > 0 && open.length === 0) continue;
                if (ports.length === 0 && isExcepted(config, subject)) continue;
                const which = open.map((port) => textAt(port, "port") ?? "any").join(", ");
                yield {
                    subject,
                    wrong: `spec.${direction}[${index}] opens ${which === "" ? "every port" : `port ${which}`} for every pod of ${subject.namespace}, because its podSelector names none`,
                    fix: "add a label of the pods that need it to spec.podSelector, or list the port under this policy's exceptions.",
                };
            }
        }
    },
});
