import { type Finding, type Rule } from "./rule";

/** Where the pages of `docs/policies` are, for whoever has only the message. */
const PAGES = "docs/policies";

/** A finding as it is read by someone who never saw the pack: what is wrong where, what to change, and why it matters. */
export function message({ name, why }: Rule, { subject, wrong, fix }: Finding): string {
    const place = subject === undefined ? "this stack" : subject.key;
    return [`${place}: ${wrong}.`, `  Fix: ${fix}`, `  Why: ${why}`, `  More: ${PAGES}/${name}.md`].join(
        "\n",
    );
}
