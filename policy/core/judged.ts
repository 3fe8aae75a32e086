/** Which resources a rule is about. */
import { EVERYTHING } from "./rule";
import { type EngineResource, whatIs } from "./subject";
import { fields } from "./read";
import { CARRIER, podsCarried } from "./workload";

type Resource = Pick<EngineResource, "type" | "props">;

interface Identity {
    /** Every entry of `judges` that means this resource. */
    readonly entries: readonly string[];
    /** Its id, for the search for pod templates; absent where it can hold none. */
    readonly carrier?: string;
}

/** By resource. Every policy needs this about every resource, and it is the same for all of them. */
const identities = new WeakMap<Resource, Identity>();

/**
 * Whether a rule is about a resource: by what it is (`core/Service`), by its API group (`cilium.io/*`), because it holds
 * a pod template, or because the rule is about everything.
 */
export function isJudged(judges: readonly string[], resource: Resource): boolean {
    const { entries, carrier } = identityOf(resource);
    if (judges.some((entry) => entries.includes(entry))) return true;
    if (carrier === undefined || !judges.includes(CARRIER)) return false;
    return podsCarried({ id: carrier, props: fields(resource.props) }).length > 0;
}

function identityOf(resource: Resource): Identity {
    const cached = identities.get(resource);
    if (cached !== undefined) return cached;
    const id = whatIs(resource);
    const identity = id.includes(":")
        ? { entries: [id, EVERYTHING] }
        : { entries: [id, `${id.slice(0, id.indexOf("/"))}/*`, EVERYTHING], carrier: id };
    identities.set(resource, identity);
    return identity;
}
