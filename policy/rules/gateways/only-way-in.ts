import { EXCEPTIONS_SCHEMA, isExcepted, NO_EXCEPTIONS, type WithExceptions } from "../../core/exceptions";
import { classOf, INGRESS, ingressClassOf, KUBERNETES_GATEWAY } from "../../core/listeners";
import { at, fields, labelsAt, list, texts, textAt } from "../../core/read";
import { isGatewayService } from "../../core/gateway-proxies";
import { each, stackRule } from "../../core/rule";
import { CHARTS, type Subject } from "../../core/subject";
import { containersOf, podsIn, WORKLOADS } from "../../core/workload";
import { judgeChart } from "./chart-entries";

/** Of AWS' load balancer controller: a target group that leads to a Service's pods. */
const BINDING = "elbv2.k8s.aws/TargetGroupBinding";

export const onlyWayIn = stackRule<WithExceptions>({
    name: "gateways-only-way-in",
    area: "gateways",
    title: "Only gateways are reachable from outside the cluster",
    severity: "critical",
    why: "a Service of type NodePort or LoadBalancer, or a host port, leads past the gateway with its tokens, limits and log",
    remedy: "Make the Service a ClusterIP and expose it by a Gateway and a VirtualService.",
    judges: ["core/Service", INGRESS, KUBERNETES_GATEWAY, BINDING, ...WORKLOADS, ...CHARTS],
    defaults: NO_EXCEPTIONS,
    schema: { exceptions: EXCEPTIONS_SCHEMA },
    examples: {
        refused: `
apiVersion: v1
kind: Service
metadata: { name: carts, namespace: shop }
spec: { type: LoadBalancer, selector: { app: carts }, ports: [{ name: http, port: 8080 }] }
`,
        accepted: `
apiVersion: v1
kind: Service
metadata: { name: carts, namespace: shop }
spec: { type: ClusterIP, selector: { app: carts }, ports: [{ name: http, port: 8080 }] }
`,
    },
    *judgeStack(world, config) {
        yield* each(world.all("core/Service"), function* (subject) {
            const type = textAt(subject.spec, "type") ?? "ClusterIP";
            const external = texts(subject.spec["externalIPs"]);
            if (type !== "NodePort" && type !== "LoadBalancer" && external.length === 0) return;
            if (isExcepted(config, subject)) return;
            if (world.gatewaysOf(labelsAt(subject.spec, "selector")).length > 0) return;
            yield {
                subject,
                wrong:
                    external.length > 0
                        ? `spec.externalIPs has ${external.join(", ")}, and no Gateway is behind it`
                        : `spec.type is ${type}, and no Gateway is behind it`,
                fix: "make it a ClusterIP without externalIPs, and expose it by a Gateway.",
            };
        });
        yield* each(world.all(INGRESS), function* (subject) {
            const ofClass = ingressClassOf(subject);
            // One of Istio's own class is served by a gateway, and judged as one.
            if (ofClass === "istio" || isExcepted(config, subject)) return;
            // A load balancer of its own before a gateway, such as AWS' with a firewall, leads through the mesh's tokens.
            const backends = backendsOf(subject);
            if (
                backends.length > 0 &&
                backends.every((name) => isGatewayService(world, subject.namespace, name))
            )
                return;
            yield {
                subject,
                wrong: `it is an Ingress${ofClass === undefined ? "" : ` of the class ${ofClass}`}: its controller leads past the mesh's gateways`,
                fix: "expose the Service by a Gateway and a VirtualService; an Ingress may lead to a gateway's own Service.",
            };
        });
        yield* each(world.all(KUBERNETES_GATEWAY), function* (subject) {
            if (classOf(world, subject) !== "foreign" || isExcepted(config, subject)) return;
            yield {
                subject,
                wrong: `its gatewayClassName is ${textAt(subject.spec, "gatewayClassName") ?? "not stated"}, whose controller is not Istio: it leads past the mesh's gateways`,
                fix: "use Istio's class, or a Gateway and a VirtualService of Istio's own API.",
            };
        });
        yield* each(world.all(BINDING), function* (subject) {
            if (isExcepted(config, subject)) return;
            const service = textAt(subject.spec, "serviceRef", "name") ?? "";
            if (isGatewayService(world, subject.namespace, service)) return;
            yield {
                subject,
                wrong: `it binds a load balancer to the pods of the Service ${service}, and no Gateway is behind it`,
                fix: "bind the gateway's Service, and expose this one by a Gateway and a VirtualService.",
            };
        });
        yield* each(world.all(...CHARTS), function* (subject) {
            if (!isExcepted(config, subject)) yield* judgeChart(world, subject);
        });
        yield* each(world.all(...WORKLOADS), function* (subject) {
            if (isExcepted(config, subject) || subject.namespace === "kube-system") return;
            for (const { path, fields: container } of podsIn(subject).flatMap(containersOf)) {
                const open = list(container["ports"]).find((port) => fields(port)["hostPort"] !== undefined);
                if (open === undefined) continue;
                yield {
                    subject,
                    wrong: `${path} has the hostPort ${textAt(at(open), "hostPort") ?? "?"} on every node`,
                    fix: "remove it, and publish the port by a Service.",
                };
            }
        });
    },
});

/** Names of the Services that an Ingress leads to; of a backend that is something else, `""`. */
function backendsOf({ spec }: Subject): readonly string[] {
    const paths = list(spec["rules"]).flatMap((rule) => list(at(rule, "http", "paths")));
    const backends = paths.map((path) => at(path, "backend"));
    const all = spec["defaultBackend"] === undefined ? backends : [...backends, spec["defaultBackend"]];
    return all.map((backend) => textAt(backend, "service", "name") ?? textAt(backend, "serviceName") ?? "");
}
