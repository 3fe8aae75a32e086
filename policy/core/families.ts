/** The hosts that one service has: its own, and those that Flagger makes for its versions. */
import { apexOf, CANARY, targetOf } from "./canary";
import { type World } from "./world";

/** Hosts of `namespace/name` in full. */
export function familyOf(world: World, service: string): ReadonlySet<string> {
    const [namespace = "", name = ""] = service.split("/");
    const rolled = world.ask(`canaries of ${service}`, world.all(CANARY), (canary) => {
        if (canary.namespace !== namespace || (targetOf(canary) !== name && apexOf(canary) !== name))
            return [];
        const apex = apexOf(canary);
        return [targetOf(canary), apex, `${apex}-primary`, `${apex}-canary`];
    });
    return new Set([name, ...rolled].map((one) => `${one}.${namespace}.svc.cluster.local`));
}

/** Whether a host is one of a Service's: by the family, or by a name that goes on from the Service's own (`carts-v2`). */
export function isVersionOf(world: World, host: string, of: string): boolean {
    if (host === of) return true;
    const [, name, namespace] = SERVICE.exec(of) ?? [];
    const [, other, home] = SERVICE.exec(host) ?? [];
    if (name === undefined || namespace === undefined || other === undefined || home !== namespace)
        return false;
    return other.startsWith(`${name}-`) || familyOf(world, `${namespace}/${name}`).has(host);
}

const SERVICE = /^([^.]+)\.([^.]+)\.svc\.cluster\.local$/;
