/** Ways into the cluster that charts make of their values. */
import { isGateway, type Value, valuesOf } from "../../core/charts";
import { podsOf } from "../../core/pods";
import { text, texts } from "../../core/read";
import { type Finding } from "../../core/rule";
import { serversOf } from "../../core/servers";
import { type Subject } from "../../core/subject";
import { type World } from "../../core/world";

export function* judgeChart(world: World, subject: Subject): Iterable<Finding> {
    const servers = podsOf(subject).flatMap(({ labels }) => world.gatewaysOf(labels).flatMap(serversOf));
    // Of another stack, perhaps: the chart is a gateway's all the same.
    const isEntry =
        isGateway(world, subject) && (servers.length === 0 || servers.some(({ isMutual }) => !isMutual));
    for (const value of valuesOf(subject)) {
        const way = wayIn(value, isEntry);
        if (way === undefined) continue;
        yield {
            subject,
            wrong: `${value.path} is ${text(value.value) === undefined ? "set" : JSON.stringify(value.value)}, ${way}`,
            fix: "remove it, and expose the Service by a Gateway and a VirtualService.",
        };
    }
}

/** What a value opens, if it opens something. */
function wayIn({ key, value, above }: Value, isEntry: boolean): string | undefined {
    const isService = /(^|[a-z])service$/i.test(above.at(-1) ?? "");
    const isOpen = OPEN_TYPES.has(text(value) ?? "");
    if ((key === "type" && isService && isOpen) || (/^service_?type$/i.test(key) && isOpen)) {
        return isEntry ? undefined : "and no Gateway for clients outside is behind it";
    }
    if (key === "externalIPs" && texts(value).length > 0)
        return "so the Service takes traffic of those addresses";
    if (key === "hostPort" && Number(text(value)) > 0) return "which is a port of every node";
    if (key !== "enabled" || text(value) !== "true" || above.some((name) => /networkpolic/i.test(name)))
        return undefined;
    // Of a route's own name under it, as in `route.main.enabled`.
    const under = above.at(-1) === "main" ? above.at(-2) : above.at(-1);
    return WAYS.test(under ?? "") ? "so the chart makes a way in past the mesh's gateways" : undefined;
}

const OPEN_TYPES: ReadonlySet<string> = new Set(["LoadBalancer", "NodePort"]);

/** Under what names charts have Ingresses and routes of the Gateway API. */
const WAYS =
    /^(\w*[iI]ngress(PerReplica|es)?|httpRoutes?|grpcRoutes?|tcpRoutes?|tlsRoutes?|routes?|gatewayApi|gatewayAPI|httpProxy|ingressRoute)$/;
