/** Judges what a program registers as `pulumi preview --policy-pack` would: each resource, then the stack. */
import { type Analyzer, type Diagnostic, type JudgedResource } from "./protocol";

/** Resources in flight at once: the pack answers one at a time, and must not wait for the next. */
const AT_ONCE = 16;

export async function judge(
    analyzer: Analyzer,
    resources: readonly JudgedResource[],
): Promise<readonly Diagnostic[]> {
    const found: Diagnostic[] = [];
    const queue = [...resources];
    const work = async (): Promise<void> => {
        for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
            found.push(...(await analyzer.analyze(next)));
        }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    found.push(...(await analyzer.analyzeStack(resources)));
    return found.sort((a, b) => (`${a.policy} ${a.message}` < `${b.policy} ${b.message}` ? -1 : 1));
}
