/** A reproducible source of choices (mulberry32): the same seed, the same corpus, on every machine. */
export class Choices {
    constructor(private state: number) {}

    /** An integer from 0 to `below`, exclusive. */
    number(below: number): number {
        this.state = (this.state + 0x6d2b79f5) | 0;
        let mixed = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
        mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
        return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
    }

    one<T>(items: readonly T[]): T {
        const item = items[this.number(items.length)];
        if (item === undefined) throw new Error("there is nothing to choose from");
        return item;
    }
}

/**
 * Choices of a test that differ with each run. Prints the seed.
 *
 * @param what is chosen, for the output
 */
export function randomChoices(what: string): Choices {
    const { MESH_SEED: given = String(Math.floor(Math.random() * 2 ** 31)) } = process.env;
    const seed = Number(given);
    if (!Number.isSafeInteger(seed)) throw new Error(`MESH_SEED is "${given}". Set it to an integer.`);
    process.stdout.write(`    seed of ${what}: ${seed} (MESH_SEED=${seed} repeats it)\n`);
    return new Choices(seed);
}
