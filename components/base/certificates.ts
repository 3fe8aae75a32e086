/** What the Certificates of several concerns share. */

/** Nothing that follows is registered before it is issued. */
export const UNTIL_READY = { "pulumi.com/waitFor": "condition=Ready" };

export const KEY = { algorithm: "ECDSA", size: 256 } as const;

/** As the API server writes durations. */
export function lasting({ days, renewBeforeDays }: { days: number; renewBeforeDays: number }): {
    duration: string;
    renewBefore: string;
} {
    return { duration: `${days * 24}h0m0s`, renewBefore: `${renewBeforeDays * 24}h0m0s` };
}
