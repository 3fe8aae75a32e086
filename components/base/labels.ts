/** Labels that the program sets and selects on. */

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
