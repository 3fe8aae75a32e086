/** Which objects this engine owns. */
/** The engine's field manager. */
export const FIELD_MANAGER = "sparc-mesh";

/** The field manager of patches of objects that another tool deploys. It owns nothing but the patches' fields. */
export const PATCH_MANAGER = `${FIELD_MANAGER}-patch`;

/**
 * The label by which this engine adopts an object. It is not `managed-by`, which every stack's objects have, whichever engine
 * or GitOps tool deployed them: adopting these would overwrite and delete them.
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

/** Whether this engine applied the object, or an operator has labeled it for adoption. */
export function isOurs({ labels = {}, managedFields = [] }: ObjectMeta): boolean {
    return (
        Object.entries(HANDED_OVER).every(([label, value]) => labels[label] === value) ||
        managedFields.some(({ manager, operation }) => manager === FIELD_MANAGER && operation === "Apply")
    );
}
