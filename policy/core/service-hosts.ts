/** The hosts of a service: its Service, and those that Flagger creates for its versions. */
import { apexOf, CANARY, targetOf, versionsOf } from "./canary";
import { type StackResources } from "./stack-resources";

/** Fully qualified hosts of the service `namespace/name`. */
export function hostsOfService(stack: StackResources, service: string): ReadonlySet<string> {
    const [namespace = "", name = ""] = service.split("/");
    const rolled = stack.collect(`canaries of ${service}`, stack.all(CANARY), (canary) => {
        if (canary.namespace !== namespace || (targetOf(canary) !== name && apexOf(canary) !== name))
            return [];
        const apex = apexOf(canary);
        return [targetOf(canary), apex, ...versionsOf(apex)];
    });
    return new Set([name, ...rolled].map((one) => `${one}.${namespace}.svc.cluster.local`));
}

/**
 * Whether a host belongs to a Service: one of `hostsOfService`, or a name with the Service's name as prefix
 * (`carts-v2`).
 */
export function isVersionOf(stack: StackResources, host: string, of: string): boolean {
    if (host === of) return true;
    const [, name, namespace] = SERVICE.exec(of) ?? [];
    const [, other, home] = SERVICE.exec(host) ?? [];
    if (name === undefined || namespace === undefined || other === undefined || home !== namespace)
        return false;
    return other.startsWith(`${name}-`) || hostsOfService(stack, `${namespace}/${name}`).has(host);
}

const SERVICE = /^([^.]+)\.([^.]+)\.svc\.cluster\.local$/;
