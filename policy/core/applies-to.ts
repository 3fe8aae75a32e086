/** Decides which resources a rule applies to. */
import { EVERYTHING } from "./rule";
import { type EngineResource, resourceId } from "./subject";
import { fields } from "./read";
import { ANY_POD_TEMPLATE, embeddedPods } from "./workload";

type Resource = Pick<EngineResource, "type" | "props">;

interface Identity {
    /** Every entry of `appliesTo` that matches this resource. */
    readonly entries: readonly string[];
    /** Its id, to search it for pod templates; absent if it cannot contain one. */
    readonly carrier?: string;
}

/** Cached by resource: the answer is the same for all policies. */
const identities = new WeakMap<Resource, Identity>();

/**
 * Whether a rule applies to a resource: by kind (`core/Service`), by API group (`cilium.io/*`), because it
 * contains a pod template, or because the rule applies to everything.
 */
export function appliesToResource(appliesTo: readonly string[], resource: Resource): boolean {
    const { entries, carrier } = identityOf(resource);
    if (appliesTo.some((entry) => entries.includes(entry))) return true;
    if (carrier === undefined || !appliesTo.includes(ANY_POD_TEMPLATE)) return false;
    return embeddedPods({ id: carrier, props: fields(resource.props) }).length > 0;
}

function identityOf(resource: Resource): Identity {
    const cached = identities.get(resource);
    if (cached !== undefined) return cached;
    const id = resourceId(resource);
    const identity = id.includes(":")
        ? { entries: [id, EVERYTHING] }
        : { entries: [id, `${id.slice(0, id.indexOf("/"))}/*`, EVERYTHING], carrier: id };
    identities.set(resource, identity);
    return identity;
}
