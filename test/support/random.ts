/** A reproducible random source (mulberry32): the same seed gives the same numbers on every machine. */
export class RandomSource {
    constructor(private state: number) {}

    /** An integer from 0 to `below`, exclusive. */
    integer(below: number): number {
        this.state = (this.state + 0x6d2b79f5) | 0;
        let mixed = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
        mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
        return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
    }

    pick<T>(items: readonly T[]): T {
        const item = items[this.integer(items.length)];
        if (item === undefined) throw new Error("cannot pick from an empty list");
        return item;
    }
}

/**
 * A random source whose seed differs with each run. Prints the seed.
 *
 * @param what names the generated values in the output
 */
export function randomSource(what: string): RandomSource {
    const { MESH_SEED: given = String(Math.floor(Math.random() * 2 ** 31)) } = process.env;
    const seed = Number(given);
    if (!Number.isSafeInteger(seed)) throw new Error(`MESH_SEED is "${given}". Set it to an integer.`);
    process.stdout.write(`    seed of ${what}: ${seed} (MESH_SEED=${seed} repeats it)\n`);
    return new RandomSource(seed);
}
