/** The pods that serve an Istio Gateway, and the policies that hold for them. */
import { isTargeted, selectorOf } from "./authorization";
import { gatewayNameOf, INGRESS, INGRESS_SELECTOR, KUBERNETES_GATEWAY, LISTENER_SETS } from "./listeners";
import { type Pods, podsOf } from "./pods";
import { at, labelsAt, list, selects, textAt } from "./read";
import { CHARTS, type Subject } from "./subject";
import { type World } from "./world";

type Labels = Readonly<Record<string, string>>;

/**
 * Pods of this stack that a Gateway selects, in whatever namespace they are. None where another stack has them, or
 * where it selects nothing in particular.
 */
export function proxiesOf(world: World, gateway: Subject): readonly Pods[] {
    return world.ask(`proxies of ${gateway.urn}`, [gateway], () => {
        const selector = labelsOf(gateway);
        if (Object.keys(selector).length === 0) return [];
        return world.pods.filter(({ labels }) => selects(selector, labels));
    });
}

/** Whether a Service leads to the proxies of a Gateway: an object of this stack, or the Service that a release brings. */
export function isGatewayService(world: World, namespace: string, name: string): boolean {
    const selectors = [
        ...world
            .within(namespace, "core/Service")
            .filter((service) => service.name === name)
            .map(({ spec }) => labelsAt(spec, "selector")),
        ...world
            .all(...CHARTS)
            .flatMap(podsOf)
            .filter((pods) => pods.namespace === namespace && pods.labels["app.kubernetes.io/name"] === name)
            .map(({ labels }) => labels),
    ];
    return selectors.some((labels) => world.gatewaysOf(labels).length > 0);
}

function labelsOf(gateway: Subject): Labels {
    return gateway.id === INGRESS ? INGRESS_SELECTOR : labelsAt(gateway.spec, "selector");
}

/** Labels that injection, charts and controllers add to pods, so that a template does not show them. */
const ADDED =
    /^((service|security|gateway)\.istio\.io\/|istio\.io\/|sidecar\.istio\.io\/|app\.kubernetes\.io\/|helm\.sh\/|pod-template-hash$|controller-revision-hash$)/;

/**
 * The policies of an id, such as an AuthorizationPolicy, that hold for a Gateway's proxies: in their namespace or in the
 * mesh's root namespace, by any of the pods' labels. Where this stack does not show the pods, those that ask for
 * nothing but what the Gateway itself asks for.
 */
export function policiesAt(world: World, gateway: Subject, id: string): readonly Subject[] {
    const roots = world.rootNamespaces;
    const proxies = proxiesOf(world, gateway);
    return world.ask(questionOf(gateway, id), world.all(id), (policy) =>
        holdsAt(policy, gateway, proxies, roots.includes(policy.namespace)) ? [policy] : [],
    );
}

/** Whether one of the policies that hold for a Gateway's proxies is as it must be. @throws what is unknown of those that may be */
export function hasPolicyAt(
    world: World,
    gateway: Subject,
    id: string,
    isIt: (policy: Subject) => boolean,
): boolean {
    if (policiesAt(world, gateway, id).some((policy) => !policy.isPatch && isIt(policy))) return true;
    const doubt = world.doubtIn(questionOf(gateway, id));
    if (doubt !== undefined) throw doubt as Error;
    return false;
}

function questionOf(gateway: Subject, id: string): string {
    return `${id} at ${gateway.urn}`;
}

function holdsAt(policy: Subject, gateway: Subject, proxies: readonly Pods[], isRoot: boolean): boolean {
    const selector = selectorOf(policy);
    if (gateway.id === KUBERNETES_GATEWAY || LISTENER_SETS.includes(gateway.id)) {
        const { namespace, name } = gatewayNameOf(gateway);
        if (isTargeted(policy)) return policy.namespace === namespace && targetsGateway(policy, name);
        const labels = { "gateway.networking.k8s.io/gateway-name": name, "istio.io/gateway-name": name };
        return (isRoot || policy.namespace === namespace) && selects(selector, labels);
    }
    // By targetRefs it is for a Gateway of Kubernetes' own API, or a Service.
    if (isTargeted(policy)) return false;
    if (proxies.length > 0) {
        return proxies.some(
            ({ namespace, labels }) => (isRoot || namespace === policy.namespace) && mayFit(selector, labels),
        );
    }
    const isNear = isRoot || policy.namespace === gateway.namespace;
    return (isNear || Object.keys(selector).length > 0) && selects(selector, labelsOf(gateway));
}

/** Whether a policy is bound to a Gateway of Kubernetes' own API by its name. */
export function targetsGateway({ spec }: Subject, name: string): boolean {
    return [at(spec, "targetRef"), ...list(spec["targetRefs"])].some(
        (target) => textAt(target, "kind") === "Gateway" && textAt(target, "name") === name,
    );
}

function mayFit(selector: Labels, labels: Labels): boolean {
    return Object.entries(selector).every(([key, value]) =>
        key in labels ? labels[key] === value : ADDED.test(key),
    );
}
