/** Listeners of Gateway API Gateways, of ListenerSets, and of Ingresses of class `istio`. */
import { at, list, isNonEmpty, textAt, texts, numberAt } from "./read";
import { type Subject } from "./subject";
import { type StackResources } from "./stack-resources";

export const KUBERNETES_GATEWAY = "gateway.networking.k8s.io/Gateway";
export const LISTENER_SETS: readonly string[] = [
    "gateway.networking.k8s.io/ListenerSet",
    "gateway.networking.x-k8s.io/XListenerSet",
];
export const GATEWAY_CLASS = "gateway.networking.k8s.io/GatewayClass";
export const INGRESS = "networking.k8s.io/Ingress";
const HTTP_ROUTE = "gateway.networking.k8s.io/HTTPRoute";

/** Pods that serve Ingresses unless meshConfig.ingressSelector is set. */
export const INGRESS_SELECTOR: Readonly<Record<string, string>> = { istio: "ingressgateway" };

export interface Listener {
    readonly host: string;
    readonly port: number;
    readonly protocol: "http" | "tls" | "redirect";
}

/** Whether Istio serves a Gateway, by its class. A waypoint has no clients outside the mesh. */
export function classOf(stack: StackResources, gateway: Subject): "gateway" | "waypoint" | "foreign" {
    const name = textAt(gateway.spec, "gatewayClassName") ?? "";
    if (name === "istio" || name === "istio-remote") return "gateway";
    if (["istio-waypoint", "istio-east-west"].includes(name)) return "waypoint";
    const controller = stack.all(GATEWAY_CLASS).find((one) => one.name === name)?.spec["controllerName"];
    return typeof controller === "string" && controller.startsWith("istio.io/") ? "gateway" : "foreign";
}

/** The Gateway to which a ListenerSet belongs, or the Gateway itself. */
export function gatewayNameOf(subject: Subject): { readonly namespace: string; readonly name: string } {
    const parent = at(subject.spec, "parentRef");
    return isNonEmpty(parent)
        ? {
              namespace: textAt(parent, "namespace") ?? subject.namespace,
              name: textAt(parent, "name") ?? "",
          }
        : subject;
}

export function listenersOf(stack: StackResources, subject: Subject): readonly Listener[] {
    if (subject.id === INGRESS) return ofIngress(subject);
    const { namespace, name } = gatewayNameOf(subject);
    const parentGateway = stack
        .all(KUBERNETES_GATEWAY)
        .find((one) => one.name === name && one.namespace === namespace);
    if (parentGateway !== undefined && classOf(stack, parentGateway) !== "gateway") return [];
    const routes = stack.collect(`HTTPRoutes of ${subject.key}`, stack.all(HTTP_ROUTE), (route) =>
        list(route.spec["parentRefs"]).some(
            (parent) =>
                [name, subject.name].includes(textAt(parent, "name") ?? "") &&
                (textAt(parent, "namespace") ?? route.namespace) === namespace,
        )
            ? [route]
            : [],
    );
    const redirects = routes.length > 0 && routes.every(onlyRedirects);
    return list(subject.spec["listeners"]).flatMap((listener): Listener[] => {
        const protocol = (textAt(listener, "protocol") ?? "").toUpperCase();
        const port = numberAt(listener, "port") ?? 0;
        const host = textAt(listener, "hostname");
        const hosts = host === undefined ? routes.flatMap(({ spec }) => texts(spec["hostnames"])) : [host];
        const isPassed = textAt(listener, "tls", "mode") === "Passthrough";
        const kind = protocol.startsWith("HTTP") && !isPassed ? (redirects ? "redirect" : "http") : "tls";
        return (hosts.length === 0 ? ["*"] : [...new Set(hosts)]).map((one) => ({
            host: one,
            port,
            protocol: kind,
        }));
    });
}

function onlyRedirects({ spec }: Subject): boolean {
    const rules = list(spec["rules"]);
    return (
        rules.length > 0 &&
        rules.every(
            (rule) =>
                list(at(rule, "backendRefs")).length === 0 &&
                list(at(rule, "filters")).some((filter) => isNonEmpty(at(filter, "requestRedirect"))),
        )
    );
}

function ofIngress(ingress: Subject): readonly Listener[] {
    if (ingressClassOf(ingress) !== "istio") return [];
    const port = list(ingress.spec["tls"]).length > 0 ? 443 : 80;
    return list(ingress.spec["rules"]).map((rule) => ({
        host: textAt(rule, "host") ?? "*",
        port,
        protocol: "http",
    }));
}

export function ingressClassOf({ spec, annotations }: Subject): string | undefined {
    return textAt(spec, "ingressClassName") ?? annotations["kubernetes.io/ingress.class"];
}
