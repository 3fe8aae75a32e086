/** Durations in the catalogue's notation, and the units of rates. */

const DURATION = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/;

const MILLISECONDS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** A duration in milliseconds; undefined if it is malformed. */
export function milliseconds(duration: string): number | undefined {
    const [, amount, unit] = DURATION.exec(duration) ?? [];
    const factor = MILLISECONDS[unit ?? ""];
    return factor === undefined ? undefined : Number(amount) * factor;
}

/** The seconds in the unit of a rate. */
export const SECONDS_PER = { second: 1, minute: 60, hour: 3600, day: 86_400 } as const;
