/** Judges what a program registers as `pulumi preview --policy-pack` would: each resource, then the stack. */
import { type Analyzer, type Diagnostic, type JudgedResource } from "./protocol";

/** Resources in flight at once: the pack answers one at a time, and must not wait for the next. */
const AT_ONCE = 16;

/** What a pack says of resources that are told one by one, as a program registers them. */
export class Judging {
    private readonly waiting: JudgedResource[] = [];
    private readonly work: Promise<void>[] = [];
    private readonly found: Diagnostic[] = [];
    private busy = 0;

    /** @param analyzer may still be starting, while resources come already. */
    constructor(private readonly analyzer: Promise<Analyzer>) {
        // `end` tells, or whoever starts the pack.
        analyzer.catch(() => undefined);
    }

    take(resource: JudgedResource): void {
        this.waiting.push(resource);
        if (this.busy === AT_ONCE) return;
        this.busy++;
        const worker = this.judgeWaiting();
        // Told at the end, or not at all where the program fails first.
        worker.catch(() => undefined);
        this.work.push(worker);
    }

    /** Judges the stack, of all `resources`, too. @throws Error where the pack failed */
    async end(resources: readonly JudgedResource[]): Promise<readonly Diagnostic[]> {
        const analyzer = await this.analyzer;
        await Promise.all(this.work);
        const found = [...this.found, ...(await analyzer.analyzeStack(resources))];
        return found.sort((a, b) => (`${a.policy} ${a.message}` < `${b.policy} ${b.message}` ? -1 : 1));
    }

    private async judgeWaiting(): Promise<void> {
        const analyzer = await this.analyzer;
        for (let next = this.waiting.shift(); next !== undefined; next = this.waiting.shift()) {
            this.found.push(...(await analyzer.analyze(next)));
        }
        this.busy--;
    }
}

export async function judge(
    analyzer: Analyzer,
    resources: readonly JudgedResource[],
): Promise<readonly Diagnostic[]> {
    const judging = new Judging(Promise.resolve(analyzer));
    for (const resource of resources) judging.take(resource);
    return await judging.end(resources);
}
