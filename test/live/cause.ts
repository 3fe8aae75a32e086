/** A cause of alerts. */
export interface Cause {
    /** The alerts that it makes fire, with the labels that identify them. */
    readonly alerts: Readonly<Record<string, Readonly<Record<string, string>>>>;
    readonly make?: () => Promise<void>;
    /** Called repeatedly while the cause lasts. */
    readonly again?: () => Promise<void>;
    readonly end?: () => Promise<void>;
}
