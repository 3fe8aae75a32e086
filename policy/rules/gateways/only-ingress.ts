import { EXCEPTIONS_SCHEMA, isExcepted, NO_EXCEPTIONS, type WithExceptions } from "../../core/exceptions";
import { classOf, INGRESS, ingressClassOf, KUBERNETES_GATEWAY } from "../../core/listeners";
import { at, fields, labelsAt, list, texts, textAt } from "../../core/read";
import { isGatewayService } from "../../core/gateway-proxies";
import { each, stackRule } from "../../core/rule";
import { CHARTS, type Subject } from "../../core/subject";
import { containersOf, podsIn, WORKLOADS } from "../../core/workload";
import { evaluateChart } from "./chart-exposure";

/** A target group of the AWS load balancer controller, which routes to a Service's pods. */
const BINDING = "elbv2.k8s.aws/TargetGroupBinding";

export const onlyIngress = stackRule<WithExceptions>({
    name: "gateways-only-ingress",
    area: "gateways",
    title: "Only gateways are reachable from outside the cluster",
    severity: "critical",
    why: "a Service of type NodePort or LoadBalancer, or a host port, bypasses the gateway's authentication, rate limits and access log",
    remediation: "Use the type ClusterIP, and expose the Service with a Gateway and a VirtualService.",
    appliesTo: ["core/Service", INGRESS, KUBERNETES_GATEWAY, BINDING, ...WORKLOADS, ...CHARTS],
    defaults: NO_EXCEPTIONS,
    schema: { exceptions: EXCEPTIONS_SCHEMA },
    examples: {
        noncompliant: `
apiVersion: v1
kind: Service
metadata: { name: carts, namespace: shop }
spec: { type: LoadBalancer, selector: { app: carts }, ports: [{ name: http, port: 8080 }] }
`,
        compliant: `
apiVersion: v1
kind: Service
metadata: { name: carts, namespace: shop }
spec: { type: ClusterIP, selector: { app: carts }, ports: [{ name: http, port: 8080 }] }
`,
    },
    *evaluateStack(stack, config) {
        yield* each(stack.all("core/Service"), function* (subject) {
            const type = textAt(subject.spec, "type") ?? "ClusterIP";
            const external = texts(subject.spec["externalIPs"]);
            if (type !== "NodePort" && type !== "LoadBalancer" && external.length === 0) return;
            if (isExcepted(config, subject)) return;
            if (stack.gatewaysOf(labelsAt(subject.spec, "selector")).length > 0) return;
            yield {
                subject,
                problem:
                    external.length > 0
                        ? `spec.externalIPs has ${external.join(", ")}, but no Istio Gateway selects its pods`
                        : `spec.type is ${type}, but no Istio Gateway selects its pods`,
                fix: "use the type ClusterIP without externalIPs, and expose it with a Gateway.",
            };
        });
        yield* each(stack.all(INGRESS), function* (subject) {
            const ofClass = ingressClassOf(subject);
            // An Ingress of class `istio` is served by a gateway, and evaluated as one.
            if (ofClass === "istio" || isExcepted(config, subject)) return;
            // A separate load balancer in front of a gateway, such as AWS' with a firewall, does not bypass
            // the gateway.
            const backends = backendsOf(subject);
            if (
                backends.length > 0 &&
                backends.every((name) => isGatewayService(stack, subject.namespace, name))
            )
                return;
            yield {
                subject,
                problem: `it is an Ingress${ofClass === undefined ? "" : ` of the class ${ofClass}`}, whose controller bypasses the mesh's gateways`,
                fix: "expose the Service with a Gateway and a VirtualService. An Ingress may only route to a gateway's Service.",
            };
        });
        yield* each(stack.all(KUBERNETES_GATEWAY), function* (subject) {
            if (classOf(stack, subject) !== "foreign" || isExcepted(config, subject)) return;
            yield {
                subject,
                problem: `its gatewayClassName is ${textAt(subject.spec, "gatewayClassName") ?? "not set"}, whose controller is not Istio's and bypasses the mesh's gateways`,
                fix: "use Istio's class, or an Istio Gateway and a VirtualService.",
            };
        });
        yield* each(stack.all(BINDING), function* (subject) {
            if (isExcepted(config, subject)) return;
            const service = textAt(subject.spec, "serviceRef", "name") ?? "";
            if (isGatewayService(stack, subject.namespace, service)) return;
            yield {
                subject,
                problem: `it binds a load balancer to the pods of the Service ${service}, but no Istio Gateway selects them`,
                fix: "bind the gateway's Service, and expose this one with a Gateway and a VirtualService.",
            };
        });
        yield* each(stack.all(...CHARTS), function* (subject) {
            if (!isExcepted(config, subject)) yield* evaluateChart(stack, subject);
        });
        yield* each(stack.all(...WORKLOADS), function* (subject) {
            if (isExcepted(config, subject) || subject.namespace === "kube-system") return;
            for (const { path, fields: container } of podsIn(subject).flatMap(containersOf)) {
                const open = list(container["ports"]).find((port) => fields(port)["hostPort"] !== undefined);
                if (open === undefined) continue;
                yield {
                    subject,
                    problem: `${path} has the hostPort ${textAt(at(open), "hostPort") ?? "?"}, which opens it on every node`,
                    fix: "remove it, and publish the port with a Service.",
                };
            }
        });
    },
});

/** Names of the Services that an Ingress routes to; `""` for a backend of another kind. */
function backendsOf({ spec }: Subject): readonly string[] {
    const paths = list(spec["rules"]).flatMap((rule) => list(at(rule, "http", "paths")));
    const backends = paths.map((path) => at(path, "backend"));
    const all = spec["defaultBackend"] === undefined ? backends : [...backends, spec["defaultBackend"]];
    return all.map((backend) => textAt(backend, "service", "name") ?? textAt(backend, "serviceName") ?? "");
}
