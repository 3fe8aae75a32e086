/** A legitimate thing that another team does to the closed mesh of `base.yaml`. */
export interface Legitimate {
    /** As in the review that found the false alarms: `L01`. */
    readonly id: string;
    readonly what: string;
    /** Objects beside those of the base, as YAML documents. */
    readonly add?: string;
    /** Fields of the base's objects that are set, by the object's key (`shop/NetworkPolicy/carts`) and the path. */
    readonly edit?: readonly (readonly [object: string, path: string, value: unknown])[];
    /** Keys of the base's objects that are taken out. */
    readonly remove?: readonly string[];
    /** Configuration, by policy, under which a strict policy passes it. Without it the policies that it names refuse. */
    readonly config?: Readonly<Record<string, object>>;
}

const UNTIL = "2099-12-31";

/** What every exception needs besides saying what it is for. */
export function terms(reason: string): { readonly reason: string; readonly until: string } {
    return { reason, until: UNTIL };
}
