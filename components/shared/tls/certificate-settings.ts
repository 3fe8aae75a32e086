/** Settings that the Certificates of several concerns share. */

/** Pulumi waits until the certificate is issued before it registers dependents. */
export const UNTIL_READY = { "pulumi.com/waitFor": "condition=Ready" };

export const KEY = { algorithm: "ECDSA", size: 256 } as const;

/** Converts days to durations in the API server's format. */
export function lifetimeOf({
    durationDays,
    renewBeforeDays,
}: {
    durationDays: number;
    renewBeforeDays: number;
}): {
    duration: string;
    renewBefore: string;
} {
    return { duration: `${durationDays * 24}h0m0s`, renewBefore: `${renewBeforeDays * 24}h0m0s` };
}
