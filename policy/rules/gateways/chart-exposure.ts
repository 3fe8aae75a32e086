/** Finds values with which a chart exposes its pods outside the cluster. */
import { isGateway, type ChartValue, valuesOf } from "../../core/charts";
import { podsOf } from "../../core/pods";
import { text, texts } from "../../core/read";
import { type Violation } from "../../core/rule";
import { serversOf } from "../../core/servers";
import { type Subject } from "../../core/subject";
import { type StackResources } from "../../core/stack-resources";

export function* evaluateChart(stack: StackResources, subject: Subject): Iterable<Violation> {
    const servers = podsOf(subject).flatMap(({ labels }) => stack.gatewaysOf(labels).flatMap(serversOf));
    // If the Gateway is in another stack, a gateway chart is still allowed to expose its Service.
    const isEntry =
        isGateway(stack, subject) &&
        (servers.length === 0 || servers.some(({ isIstioMutual }) => !isIstioMutual));
    for (const value of valuesOf(subject)) {
        const effect = exposureEffect(value, isEntry);
        if (effect === undefined) continue;
        yield {
            subject,
            problem: `${value.path} is ${text(value.value) === undefined ? "set" : JSON.stringify(value.value)}, ${effect}`,
            fix: "remove it, and expose the Service with a Gateway and a VirtualService.",
        };
    }
}

/** How a value exposes the pods; undefined if it does not. */
function exposureEffect({ key, value, above }: ChartValue, isEntry: boolean): string | undefined {
    const isService = /(^|[a-z])service$/i.test(above.at(-1) ?? "");
    const isOpen = OPEN_TYPES.has(text(value) ?? "");
    if ((key === "type" && isService && isOpen) || (/^service_?type$/i.test(key) && isOpen)) {
        return isEntry ? undefined : "and no Istio Gateway for external clients selects the pods";
    }
    if (key === "externalIPs" && texts(value).length > 0)
        return "so the Service accepts traffic for these addresses";
    if (key === "hostPort" && Number(text(value)) > 0) return "which opens a port on every node";
    if (key !== "enabled" || text(value) !== "true" || above.some((name) => /networkpolic/i.test(name)))
        return undefined;
    // The name of a route can be between the key and `enabled`, as in `route.main.enabled`.
    const under = above.at(-1) === "main" ? above.at(-2) : above.at(-1);
    return ROUTE_KEYS.test(under ?? "")
        ? "so the chart creates a route that bypasses the mesh's gateways"
        : undefined;
}

const OPEN_TYPES: ReadonlySet<string> = new Set(["LoadBalancer", "NodePort"]);

/** Names of values for Ingresses and Gateway API routes in common charts. */
const ROUTE_KEYS =
    /^(\w*[iI]ngress(PerReplica|es)?|httpRoutes?|grpcRoutes?|tcpRoutes?|tlsRoutes?|routes?|gatewayApi|gatewayAPI|httpProxy|ingressRoute)$/;
