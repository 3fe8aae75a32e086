/** What Gateways of Kubernetes' own API, their ListenerSets and Ingresses of Istio's class take from clients. */
import { at, list, says, textAt, texts, numberAt } from "./read";
import { type Subject } from "./subject";
import { type World } from "./world";

export const KUBERNETES_GATEWAY = "gateway.networking.k8s.io/Gateway";
export const LISTENER_SETS: readonly string[] = [
    "gateway.networking.k8s.io/ListenerSet",
    "gateway.networking.x-k8s.io/XListenerSet",
];
export const GATEWAY_CLASS = "gateway.networking.k8s.io/GatewayClass";
export const INGRESS = "networking.k8s.io/Ingress";
const HTTP_ROUTE = "gateway.networking.k8s.io/HTTPRoute";

/** Pods that serve Ingresses unless meshConfig.ingressSelector says otherwise. */
export const INGRESS_SELECTOR: Readonly<Record<string, string>> = { istio: "ingressgateway" };

export interface Listener {
    readonly host: string;
    readonly port: number;
    readonly protocol: "http" | "tls" | "redirect";
}

/** Of a Gateway, the classes that Istio serves; of a waypoint no client outside is one. */
export function classOf(world: World, gateway: Subject): "gateway" | "waypoint" | "foreign" {
    const name = textAt(gateway.spec, "gatewayClassName") ?? "";
    if (name === "istio" || name === "istio-remote") return "gateway";
    if (["istio-waypoint", "istio-east-west"].includes(name)) return "waypoint";
    const controller = world.all(GATEWAY_CLASS).find((one) => one.name === name)?.spec["controllerName"];
    return typeof controller === "string" && controller.startsWith("istio.io/") ? "gateway" : "foreign";
}

/** The Gateway that a ListenerSet is part of, or the Gateway itself. */
export function gatewayNameOf(subject: Subject): { readonly namespace: string; readonly name: string } {
    const parent = at(subject.spec, "parentRef");
    return says(parent)
        ? {
              namespace: textAt(parent, "namespace") ?? subject.namespace,
              name: textAt(parent, "name") ?? "",
          }
        : subject;
}

export function listenersOf(world: World, subject: Subject): readonly Listener[] {
    if (subject.id === INGRESS) return ofIngress(subject);
    const { namespace, name } = gatewayNameOf(subject);
    const own = world.all(KUBERNETES_GATEWAY).find((one) => one.name === name && one.namespace === namespace);
    if (own !== undefined && classOf(world, own) !== "gateway") return [];
    const routes = world.ask(`HTTPRoutes of ${subject.key}`, world.all(HTTP_ROUTE), (route) =>
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
                list(at(rule, "filters")).some((filter) => says(at(filter, "requestRedirect"))),
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
