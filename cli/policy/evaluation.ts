/**
 * Evaluates the resources that a program registers, as `pulumi preview --policy-pack` does: each resource, then the
 * stack.
 */
import { type Analyzer, type Diagnostic, type EvaluatedResource } from "./protocol";

/** Resources in flight: the pack evaluates one at a time, and a queue keeps it busy. */
const MAX_CONCURRENT = 16;

/** Evaluates resources one by one, while the program registers them. */
export class Evaluation {
    private readonly waiting: EvaluatedResource[] = [];
    private readonly work: Promise<void>[] = [];
    private readonly diagnostics: Diagnostic[] = [];
    private busy = 0;

    /** @param analyzer may still be starting when the first resources arrive */
    constructor(private readonly analyzer: Promise<Analyzer>) {
        // Reported by `end`, or by the code that starts the pack.
        analyzer.catch(() => undefined);
    }

    take(resource: EvaluatedResource): void {
        this.waiting.push(resource);
        if (this.busy === MAX_CONCURRENT) return;
        this.busy++;
        const worker = this.evaluateWaiting();
        // Reported at the end, or not at all if the program fails first.
        worker.catch(() => undefined);
        this.work.push(worker);
    }

    /** Waits for all resources, then evaluates the stack. @throws Error if the pack failed */
    async end(resources: readonly EvaluatedResource[]): Promise<readonly Diagnostic[]> {
        const analyzer = await this.analyzer;
        await Promise.all(this.work);
        const diagnostics = [...this.diagnostics, ...(await analyzer.analyzeStack(resources))];
        return diagnostics.sort((a, b) => (`${a.policy} ${a.message}` < `${b.policy} ${b.message}` ? -1 : 1));
    }

    private async evaluateWaiting(): Promise<void> {
        const analyzer = await this.analyzer;
        for (let next = this.waiting.shift(); next !== undefined; next = this.waiting.shift()) {
            this.diagnostics.push(...(await analyzer.analyze(next)));
        }
        this.busy--;
    }
}

export async function evaluateAll(
    analyzer: Analyzer,
    resources: readonly EvaluatedResource[],
): Promise<readonly Diagnostic[]> {
    const evaluation = new Evaluation(Promise.resolve(analyzer));
    for (const resource of resources) evaluation.take(resource);
    return await evaluation.end(resources);
}
