import { type Violation, type PolicyDefinition } from "./rule";

/** Where the pages of `docs/policies` are, for readers who only see the message. */
const PAGES = "docs/policies";

/** A violation for readers who do not know the pack: what is wrong and where, how to fix it, and why it matters. */
export function message({ name, why }: PolicyDefinition, { subject, problem, fix }: Violation): string {
    const place = subject === undefined ? "this stack" : subject.key;
    return [`${place}: ${problem}.`, `  Fix: ${fix}`, `  Why: ${why}`, `  More: ${PAGES}/${name}.md`].join(
        "\n",
    );
}
