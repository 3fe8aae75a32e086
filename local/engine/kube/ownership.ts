/** Which objects this engine owns. */
/** The engine's field manager. */
export const FIELD_MANAGER = "sparc-mesh";

/** The field manager of patches of objects that another tool deploys. It owns nothing but the patches' fields. */
export const PATCH_MANAGER = `${FIELD_MANAGER}-patch`;

/** The field manager of replicas that the program no longer sets, until an autoscaler or Flagger changes them. */
export const REPLICAS_MANAGER = `${FIELD_MANAGER}-replicas`;

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
    readonly managedFields?: readonly {
        readonly manager?: string;
        readonly operation?: string;
        readonly fieldsV1?: Readonly<Record<string, unknown>>;
    }[];
}

/** Whether this engine applied the object, or an operator has labeled it for adoption. */
export function isOurs({ labels = {}, managedFields = [] }: ObjectMeta): boolean {
    return (
        Object.entries(HANDED_OVER).every(([label, value]) => labels[label] === value) ||
        managedFields.some(({ manager, operation }) => manager === FIELD_MANAGER && operation === "Apply")
    );
}

/** Whether the last apply of this engine set `spec.replicas`. */
export function ownsReplicas({ managedFields = [] }: ObjectMeta): boolean {
    return managedFields.some(({ manager, operation, fieldsV1 = {} }) => {
        const spec = fieldsV1["f:spec"] as Readonly<Record<string, unknown>> | undefined;
        return manager === FIELD_MANAGER && operation === "Apply" && spec?.["f:replicas"] !== undefined;
    });
}
