/** Whose an object is. */
import { COMMON_LABELS } from "../../../components/base/labels";

/** The name under which the engine applies. */
export const FIELD_MANAGER = "sparc-mesh";

export const OWNER_LABEL = "app.kubernetes.io/managed-by";

/** What hands an object over to this engine. */
export const OWNED = { [OWNER_LABEL]: COMMON_LABELS[OWNER_LABEL] };

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
export function isOurs({ labels, managedFields }: ObjectMeta): boolean {
    return (
        labels?.[OWNER_LABEL] === COMMON_LABELS[OWNER_LABEL] ||
        (managedFields ?? []).some(
            ({ manager, operation }) => manager === FIELD_MANAGER && operation === "Apply",
        )
    );
}
