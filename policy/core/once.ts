/**
 * The SDK makes a resource's properties of its message anew for every policy: with 57 policies and 800 resources that is most of the
 * time that a pack takes. Here they are made once, and what is made of them further can be kept by them.
 */
import { createRequire } from "node:module";

type Deserialize = (message: object, keepSecrets: boolean) => object;

/** Has the SDK hand the same properties to all policies. None may change them: the rules read copies (`plain`). */
export function deserializeOnce(): void {
    // The SDK's own modules look it up here each time.
    const sdk = createRequire(__filename)("@pulumi/policy/deserialize") as {
        deserializeProperties: Deserialize;
    };
    sdk.deserializeProperties = once(sdk.deserializeProperties);
}

/** Remediations keep secrets, and may be changed by one another: those are made anew. */
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

/** By which the SDK's proxy, made anew for each policy, gives what it stands for. */
const TARGET = "__getSpecialProxyTarget";
const IS_PROXY = "__isSpecialProxy";

/** What the SDK's proxy stands for; of anything else, itself. */
export function behind(properties: object): object {
    const proxy = properties as Readonly<Record<string, unknown>>;
    return proxy[IS_PROXY] === true ? (proxy[TARGET] as object) : properties;
}

/** Something that is made of a resource's properties at most once for all policies. */
export class Kept<Made extends object> {
    private readonly made = new WeakMap<object, Made>();

    of(properties: object, make: () => Made): Made {
        const key = behind(properties);
        const known = this.made.get(key) ?? make();
        this.made.set(key, known);
        return known;
    }
}
