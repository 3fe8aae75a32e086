/** A part of the mutation proof: pull requests run one, since all of it takes hours. */

export interface Part {
    readonly number: number;
    readonly of: number;
}

/** @param args `--part 2/8`, or nothing for all of it */
export function partOf(args: readonly string[]): Part {
    if (args.length === 0) return { number: 1, of: 1 };
    const [, number = 0, of = 0] = /^--part (\d+)\/(\d+)$/.exec(args.join(" "))?.map(Number) ?? [];
    if (number < 1 || of < 1 || number > of)
        throw new Error(`${args.join(" ")}: expected --part <number>/<parts>, such as --part 2/8`);
    return { number, of };
}

/** Every n-th item, so that each part has changes of all kinds. */
export function taken<Item>(items: readonly Item[], { number, of }: Part): readonly Item[] {
    return items.filter((_, index) => index % of === number - 1);
}
