/** Labels that the program sets and selects on. */
import { createHash } from "node:crypto";

/**
 * The service (or store) that a pod belongs to. Policies select on this label and on no other: Flagger renames `app`
 * on the primary's pods, which take all production traffic, so a policy on `app` would not apply to them (ADR 3).
 */
export const SERVICE_LABEL = "sparc.dev/service";

/** Labels of every object of the program, for people and for cleanup. */
export const COMMON_LABELS = {
    "app.kubernetes.io/managed-by": "sparc-mesh",
    "app.kubernetes.io/part-of": "sparc",
} as const;

export function serviceSelector(name: string): { matchLabels: Record<string, string> } {
    return { matchLabels: { [SERVICE_LABEL]: name } };
}

/** Kubernetes' limit for the value of a label. */
const MAX_VALUE_LENGTH = 63;

/** A name that is also a label's value: a name that is too long becomes a prefix of it and a digest. */
export function labelValue(name: string): string {
    if (name.length <= MAX_VALUE_LENGTH) return name;
    const digest = createHash("sha256").update(name).digest("hex").slice(0, 8);
    return `${name.slice(0, MAX_VALUE_LENGTH - 9)}-${digest}`;
}
