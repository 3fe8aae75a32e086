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
