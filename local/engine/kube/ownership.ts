/** Whose an object is. */
/** The name under which the engine applies. */
export const FIELD_MANAGER = "sparc-mesh";

/**
 * What hands an object over to this engine. A label of its own: \`managed-by\` is on the objects of every stack, whichever
 * engine or GitOps tool deployed it, and to take these for ours would overwrite them, and delete them with ours.
 */
export const HANDED_OVER = { "sparc.dev/handed-over": "in-process" } as const;

export interface ObjectMeta {
    readonly name: string;
    readonly namespace?: string;
    readonly uid?: string;
    readonly resourceVersion?: string;
    readonly generation?: number;
    readonly deletionTimestamp?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly managedFields?: readonly { readonly manager?: string; readonly operation?: string }[];
}

/** Whether this engine has applied the object, or a person has handed it over by its label. */
export function isOurs({ labels = {}, managedFields = [] }: ObjectMeta): boolean {
    return (
        Object.entries(HANDED_OVER).every(([label, value]) => labels[label] === value) ||
        managedFields.some(({ manager, operation }) => manager === FIELD_MANAGER && operation === "Apply")
    );
}
