/** The pods that serve an Istio Gateway, and the policies that apply to them. */
import { hasTargetRef, selectorOf } from "./authorization";
import { gatewayNameOf, INGRESS, INGRESS_SELECTOR, KUBERNETES_GATEWAY, LISTENER_SETS } from "./listeners";
import { type Pods, podsOf } from "./pods";
import { at, labelsAt, list, selects, textAt } from "./read";
import { CHARTS, type Subject } from "./subject";
import { type StackResources } from "./stack-resources";

type Labels = Readonly<Record<string, string>>;

/**
 * Pods of this stack that a Gateway selects, in any namespace. Empty if the pods are in another stack, or if
 * the selector is empty.
 */
export function proxiesOf(stack: StackResources, gateway: Subject): readonly Pods[] {
    return stack.collect(`proxies of ${gateway.urn}`, [gateway], () => {
        const selector = labelsOf(gateway);
        if (Object.keys(selector).length === 0) return [];
        return stack.pods.filter(({ labels }) => selects(selector, labels));
    });
}

/**
 * Whether a Service routes to the proxies of a Gateway. The Service is an object of this stack, or part of a
 * release.
 */
export function isGatewayService(stack: StackResources, namespace: string, name: string): boolean {
    const selectors = [
        ...stack
            .within(namespace, "core/Service")
            .filter((service) => service.name === name)
            .map(({ spec }) => labelsAt(spec, "selector")),
        ...stack
            .all(...CHARTS)
            .flatMap(podsOf)
            .filter((pods) => pods.namespace === namespace && pods.labels["app.kubernetes.io/name"] === name)
            .map(({ labels }) => labels),
    ];
    return selectors.some((labels) => stack.gatewaysOf(labels).length > 0);
}

function labelsOf(gateway: Subject): Labels {
    return gateway.id === INGRESS ? INGRESS_SELECTOR : labelsAt(gateway.spec, "selector");
}

/** Labels that injection, charts and controllers add to pods, so that they are not visible in a template. */
const ADDED =
    /^((service|security|gateway)\.istio\.io\/|istio\.io\/|sidecar\.istio\.io\/|app\.kubernetes\.io\/|helm\.sh\/|pod-template-hash$|controller-revision-hash$)/;

/**
 * The policies of a kind, such as AuthorizationPolicy, that apply to a Gateway's proxies: in their namespace
 * or in the root namespace, with a selector that matches the labels of the pods. If the pods are not in this
 * stack, the policies whose selector is contained in that of the Gateway.
 */
export function policiesAt(stack: StackResources, gateway: Subject, id: string): readonly Subject[] {
    const roots = stack.rootNamespaces;
    const proxies = proxiesOf(stack, gateway);
    return stack.collect(cacheKeyOf(gateway, id), stack.all(id), (policy) =>
        holdsAt(policy, gateway, proxies, roots.includes(policy.namespace)) ? [policy] : [],
    );
}

/**
 * Whether one of the policies that apply to a Gateway's proxies fulfills a condition.
 * @throws the first error of a policy that cannot be evaluated yet, if no other one fulfills it
 */
export function hasPolicyAt(
    stack: StackResources,
    gateway: Subject,
    id: string,
    condition: (policy: Subject) => boolean,
): boolean {
    if (policiesAt(stack, gateway, id).some((policy) => !policy.isPatch && condition(policy))) return true;
    const unresolved = stack.errorIn(cacheKeyOf(gateway, id));
    if (unresolved !== undefined) throw unresolved as Error;
    return false;
}

function cacheKeyOf(gateway: Subject, id: string): string {
    return `${id} at ${gateway.urn}`;
}

function holdsAt(policy: Subject, gateway: Subject, proxies: readonly Pods[], isRoot: boolean): boolean {
    const selector = selectorOf(policy);
    if (gateway.id === KUBERNETES_GATEWAY || LISTENER_SETS.includes(gateway.id)) {
        const { namespace, name } = gatewayNameOf(gateway);
        if (hasTargetRef(policy)) return policy.namespace === namespace && targetsGateway(policy, name);
        const labels = { "gateway.networking.k8s.io/gateway-name": name, "istio.io/gateway-name": name };
        return (isRoot || policy.namespace === namespace) && selects(selector, labels);
    }
    // With targetRefs, a policy applies to a Gateway API Gateway or to a Service.
    if (hasTargetRef(policy)) return false;
    if (proxies.length > 0) {
        return proxies.some(
            ({ namespace, labels }) => (isRoot || namespace === policy.namespace) && mayFit(selector, labels),
        );
    }
    const isSameNamespace = isRoot || policy.namespace === gateway.namespace;
    return (isSameNamespace || Object.keys(selector).length > 0) && selects(selector, labelsOf(gateway));
}

/** Whether a policy is attached to a Gateway API Gateway by name. */
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
