import { EXCEPTIONS_SCHEMA, isExcepted, NO_EXCEPTIONS, type WithExceptions } from "../../core/exceptions";
import { portsOf } from "../../core/hosts";
import { labelsAt, isNonEmpty, selects } from "../../core/read";
import { each, guarded, stackRule } from "../../core/rule";
import { serversBehind } from "../../core/servers";
import { firstAppContainer, podOf, WORKLOADS } from "../../core/workload";

/** Ports of a gateway's Service with or without a Gateway: its defaults and its health port. */
const GATEWAY_PORTS = [80, 443, 15021, 15443];

const GATEWAY = "networking.istio.io/Gateway";

export const dedicatedProxies = stackRule<WithExceptions>({
    name: "gateways-dedicated-proxies",
    area: "gateways",
    title: "A Gateway only selects pods that run nothing but a gateway proxy",
    severity: "critical",
    why: "pods that a Gateway selects are reachable from outside and may call external hosts: a service among them bypasses the gateways both ways",
    remediation:
        "Select the pods of a gateway that run nothing else: those of Istio's gateway chart, or with the injection template `gateway`.",
    appliesTo: [GATEWAY, "core/Service", ...WORKLOADS],
    defaults: NO_EXCEPTIONS,
    schema: { exceptions: EXCEPTIONS_SCHEMA },
    examples: {
        noncompliant: `
apiVersion: apps/v1
kind: Deployment
metadata: { name: carts, namespace: shop }
spec: { template: { metadata: { labels: { app: carts } }, spec: { containers: [{ name: carts, image: "carts:1" }] } } }
---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: mine, namespace: shop }
spec: { selector: { app: carts }, servers: [{ port: { number: 80, name: http, protocol: HTTP }, hosts: [./a.example.com], tls: { httpsRedirect: true } }] }
`,
        compliant: `
apiVersion: apps/v1
kind: Deployment
metadata: { name: gateway, namespace: edge }
spec: { template: { metadata: { labels: { istio: gateway }, annotations: { inject.istio.io/templates: gateway } }, spec: { containers: [{ name: istio-proxy, image: auto }] } } }
---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: public, namespace: shop }
spec: { selector: { istio: gateway }, servers: [{ port: { number: 80, name: http, protocol: HTTP }, hosts: [./a.example.com], tls: { httpsRedirect: true } }] }
`,
    },
    *evaluateStack(stack, config) {
        const services = stack.collect(
            "pods with application containers",
            stack.all(...WORKLOADS),
            (workload) => {
                const pod = podOf(workload);
                const appContainer = firstAppContainer(pod);
                return appContainer === undefined
                    ? []
                    : [{ workload, labels: pod.labels, container: appContainer.name }];
            },
        );
        const behind = stack.collect("ports of services", stack.all("core/Service"), (service) => {
            const selector = labelsAt(service.spec, "selector");
            return isNonEmpty(selector) ? [{ service, selector, ports: portsOf(service) }] : [];
        });
        yield* each(stack.all(GATEWAY), function* (subject) {
            if (isExcepted(config, subject)) return;
            const selector = labelsAt(subject.spec, "selector");
            if (Object.keys(selector).length === 0) return;
            for (const { workload, labels, container } of services) {
                yield* guarded(subject, function* () {
                    if (!selects(selector, labels)) return;
                    yield {
                        subject,
                        problem: `spec.selector matches the pods of ${workload.key}, which run ${container} and would be treated as gateway pods`,
                        fix: "select a label that only the gateway's pods have.",
                    };
                });
            }
            // If the pods are in another stack, a Service for them shows which other ports they serve.
            const served = new Set([
                ...GATEWAY_PORTS,
                ...serversBehind(stack, selector).map(({ port }) => port),
            ]);
            for (const { service, selector: otherSelector, ports } of behind) {
                yield* guarded(subject, function* () {
                    const other = ports.find(
                        ({ number, target }) => !served.has(number) && !served.has(Number(target)),
                    );
                    if (other === undefined || !selects(selector, otherSelector)) return;
                    yield {
                        subject,
                        problem: `spec.selector matches the pods of ${service.key}, which serve port ${other.number} and would be treated as gateway pods`,
                        fix: "select a label that only the gateway's pods have.",
                    };
                });
            }
        });
    },
});
