/**
 * The SDK deserializes the properties of a resource for every policy. With 57 policies and 800 resources this
 * takes most of the run time of a pack. This module deserializes them once, and caches what is derived from
 * them.
 */
import { createRequire } from "node:module";

type Deserialize = (message: object, keepSecrets: boolean) => object;

/**
 * Makes the SDK pass the same properties to all policies. No policy may change them: the rules read copies
 * (`lazyCopy`).
 */
export function deserializeOnce(): void {
    // The modules of the SDK look up the function here on every call.
    const sdk = createRequire(__filename)("@pulumi/policy/deserialize") as {
        deserializeProperties: Deserialize;
    };
    sdk.deserializeProperties = once(sdk.deserializeProperties);
}

/** Remediations keep secrets and may change the properties, so those are deserialized for each policy. */
export function once(deserialize: Deserialize): Deserialize {
    const made = new WeakMap<object, object>();
    return (message, keepSecrets) => {
        if (keepSecrets) return deserialize(message, keepSecrets);
        const known = made.get(message);
        if (known !== undefined) return known;
        const properties = deserialize(message, keepSecrets);
        made.set(message, properties);
        return properties;
    };
}

/** Keys with which a proxy of the SDK, created for each policy, returns its target. */
const TARGET = "__getSpecialProxyTarget";
const IS_PROXY = "__isSpecialProxy";

/** The target of a proxy of the SDK; the argument itself if it is not a proxy. */
export function unwrapProxy(properties: object): object {
    const proxy = properties as Readonly<Record<string, unknown>>;
    return proxy[IS_PROXY] === true ? (proxy[TARGET] as object) : properties;
}

/** A value that is derived from a resource's properties once for all policies. */
export class PerResourceCache<Made extends object> {
    private readonly made = new WeakMap<object, Made>();

    of(properties: object, make: () => Made): Made {
        const key = unwrapProxy(properties);
        const known = this.made.get(key) ?? make();
        this.made.set(key, known);
        return known;
    }
}
