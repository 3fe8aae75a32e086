/** Comparisons of Istio's versions. */

/** Whether release `a` is older than `b`. */
export function precedes(a: string, b: string): boolean {
    const [left, right] = [numbers(a), numbers(b)];
    const at = [0, 1, 2].find((index) => left[index] !== right[index]);
    return at !== undefined && (left[at] ?? 0) < (right[at] ?? 0);
}

/** The newest of these versions; empty if there is none. */
export function newestVersion(versions: readonly string[]): string {
    return versions.reduce((newest, version) => (precedes(newest, version) ? version : newest), "");
}

/** How many minor versions two releases are apart. */
export function minorDistance(a: string, b: string): number {
    return Math.abs(minorOf(a) - minorOf(b));
}

function minorOf(version: string): number {
    const [major = 0, minor = 0] = numbers(version);
    return major * 1000 + minor;
}

function numbers(version: string): number[] {
    return version.split(".", 3).map(Number);
}
