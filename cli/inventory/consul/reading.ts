/** What was read so far, and why something was not. */
import type { ReadObject, Unread } from "../model";
import { type ConsulClient, ConsulError } from "./client";

export const FILTERED = "Consul left out what the token may not read";

/** What was read so far. */
export interface Reading {
    readonly client: ConsulClient;
    readonly objects: ReadObject[];
    readonly unread: Unread[];
    readonly notes: string[];
}

/** Why a request failed. @throws any other error */
export function reasonOf(error: unknown): string {
    if (!(error instanceof ConsulError)) throw error;
    return error.message;
}

export function isStatus(error: unknown, status: number): boolean {
    return error instanceof ConsulError && error.status === status;
}

/** The value, or undefined after adding the reason to the unread parts. */
export async function attempt<T>(
    { unread }: Reading,
    datacenter: string,
    what: string,
    answer: Promise<{ readonly value: T; readonly isFiltered: boolean }>,
): Promise<T | undefined> {
    try {
        const { value, isFiltered } = await answer;
        if (isFiltered) unread.push({ datacenter, what, reason: FILTERED });
        return value;
    } catch (error) {
        unread.push({ datacenter, what, reason: reasonOf(error) });
        return undefined;
    }
}
