/** A legitimate change of another team to the secure mesh of `base.yaml`. */
export interface Legitimate {
    /** The id in the review that found the false positives: `L01`. */
    readonly id: string;
    readonly what: string;
    /** Objects added to those of the base, as YAML documents. */
    readonly add?: string;
    /** Fields to set in the base's objects, by object key (`shop/NetworkPolicy/carts`) and path. */
    readonly edit?: readonly (readonly [object: string, path: string, value: unknown])[];
    /** Keys of the base's objects to remove. */
    readonly remove?: readonly string[];
    /** Configuration, by policy, with which strict policies pass the case. Without it exactly these policies are violated. */
    readonly config?: Readonly<Record<string, object>>;
}

const UNTIL = "2099-12-31";

/** Fields that every exception needs in addition to its scope. */
export function terms(reason: string): { readonly reason: string; readonly until: string } {
    return { reason, until: UNTIL };
}
