import { EXCEPTIONS_SCHEMA, isExcepted, NO_EXCEPTIONS, type WithExceptions } from "../../core/exceptions";
import { portsOf } from "../../core/hosts";
import { labelsAt, says, selects } from "../../core/read";
import { each, guarded, stackRule } from "../../core/rule";
import { serversBehind } from "../../core/servers";
import { besideProxy, podOf, WORKLOADS } from "../../core/workload";

/** What a gateway's Service has whether or not a Gateway serves it: its defaults, and its health. */
const GATEWAY_PORTS = [80, 443, 15021, 15443];

const GATEWAY = "networking.istio.io/Gateway";

export const ownProxies = stackRule<WithExceptions>({
    name: "gateways-own-proxies",
    area: "gateways",
    title: "A Gateway selects proxies, and no service's pods",
    severity: "critical",
    why: "what a Gateway selects may be reached from outside and may call out: a service that it selects has both, past the gateways",
    remedy: "Select the pods of a gateway that runs nothing else: of Istio's gateway chart, or injected by the template `gateway`.",
    judges: [GATEWAY, "core/Service", ...WORKLOADS],
    defaults: NO_EXCEPTIONS,
    schema: { exceptions: EXCEPTIONS_SCHEMA },
    examples: {
        refused: `
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
        accepted: `
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
    *judgeStack(world, config) {
        const services = world.ask("pods that are no proxy alone", world.all(...WORKLOADS), (workload) => {
            const pod = podOf(workload);
            const own = besideProxy(pod);
            return own === undefined ? [] : [{ workload, labels: pod.labels, container: own.name }];
        });
        const behind = world.ask("ports of services", world.all("core/Service"), (service) => {
            const selector = labelsAt(service.spec, "selector");
            return says(selector) ? [{ service, selector, ports: portsOf(service) }] : [];
        });
        yield* each(world.all(GATEWAY), function* (subject) {
            if (isExcepted(config, subject)) return;
            const selector = labelsAt(subject.spec, "selector");
            if (Object.keys(selector).length === 0) return;
            for (const { workload, labels, container } of services) {
                yield* guarded(subject, function* () {
                    if (!selects(selector, labels)) return;
                    yield {
                        subject,
                        wrong: `spec.selector finds the pods of ${workload.key}, which run ${container}: they would count as a gateway's`,
                        fix: "select a label that only the gateway's own pods have.",
                    };
                });
            }
            // Where the pods are another stack's, a Service of theirs tells what else they serve.
            const served = new Set([
                ...GATEWAY_PORTS,
                ...serversBehind(world, selector).map(({ port }) => port),
            ]);
            for (const { service, selector: theirs, ports } of behind) {
                yield* guarded(subject, function* () {
                    const other = ports.find(
                        ({ number, target }) => !served.has(number) && !served.has(Number(target)),
                    );
                    if (other === undefined || !selects(selector, theirs)) return;
                    yield {
                        subject,
                        wrong: `spec.selector finds the pods of ${service.key}, which serve port ${other.number} that is no gateway's: they would count as a gateway's`,
                        fix: "select a label that only the gateway's own pods have.",
                    };
                });
            }
        });
    },
});
