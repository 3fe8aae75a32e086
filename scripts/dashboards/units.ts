/** Formats values with units, by Grafana's unit names. */

/** The scales of a unit: the factor and the suffix of each. */
type Sizes = readonly (readonly [size: number, suffix: string])[];

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const UNITS: Readonly<Record<string, Sizes>> = {
    short: thousands(""),
    reqps: thousands("req/s"),
    cps: thousands("c/s"),
    Bps: thousands("B/s"),
    bytes: ["B", "KiB", "MiB", "GiB", "TiB"].map((suffix, power) => [1024 ** power, ` ${suffix}`] as const),
    ms: [
        [1, " ms"],
        [1e3, " s"],
        [1e3 * MINUTE, " min"],
    ],
    s: [
        [1e-3, " ms"],
        [1, " s"],
        [MINUTE, " min"],
        [HOUR, " h"],
        [DAY, " d"],
    ],
    d: [[1, " d"]],
    percent: [[1, "%"]],
    percentunit: [[0.01, "%"]],
};

function thousands(unit: string): Sizes {
    return ["", "k", "M", "G"].map((prefix, power) => {
        const suffix = `${prefix}${unit}`;
        return [1000 ** power, suffix === "" ? "" : ` ${suffix}`] as const;
    });
}

/**
 * The scale for values up to this one.
 *
 * @throws Error for an unsupported unit.
 */
export function sizeOf(unit: string, upTo: number): { readonly size: number; readonly suffix: string } {
    const [smallest, ...larger] = UNITS[unit] ?? [];
    if (smallest === undefined) {
        throw new Error(`unsupported unit "${unit}": add it to scripts/dashboards/units.ts`);
    }
    const [size, suffix] = larger.findLast(([from]) => Math.abs(upTo) >= from) ?? smallest;
    return { size, suffix };
}

/** A value with three significant digits and its unit: `12.3 req/s`. */
export function formatValue(value: number, unit: string): string {
    const { size, suffix } = sizeOf(unit, value);
    return `${digits(value / size)}${suffix}`;
}

export function digits(value: number): string {
    return value.toLocaleString("en-US", { maximumSignificantDigits: 3 });
}
