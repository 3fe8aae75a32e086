/** What makes alerts fire, and how that ends. */
export interface Cause {
    /** Each alert that it has fire, with labels by which that is told from another of its name. */
    readonly alerts: Readonly<Record<string, Readonly<Record<string, string>>>>;
    readonly make?: () => Promise<void>;
    /** Asked again and again for as long as it is to last. */
    readonly again?: () => Promise<void>;
    readonly end?: () => Promise<void>;
}
