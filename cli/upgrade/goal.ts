/** The revision that an upgrade leads to, as the command's options name it. */
import { revision } from "../../config/istio";
import { type Revision, UpgradeError } from "./plan";

export interface Goal {
    readonly to: string;
    readonly istioVersion?: string;
    readonly tag?: string;
}

const OPTIONS: Readonly<Record<string, string>> = { name: "--to", version: "--istio-version", tag: "--tag" };

/**
 * The version is the one that is said, or that the stack knows the revision by, or that its name spells: `1-32-0` is 1.32.0.
 *
 * @throws UpgradeError where there is no such revision: a plan that the stack's own schema refuses would fail at its first step
 */
export function goalOf({ to, istioVersion, tag }: Goal, known: readonly Revision[]): Revision {
    const there = known.find(({ name }) => name === to);
    const version = istioVersion ?? there?.version ?? spelled(to);
    if (version === undefined)
        throw new UpgradeError(
            `the revision ${to} is not in the stack, and its name spells no release of Istio; ` +
                "add --istio-version with its release, such as 1.32.0, or name it after the release: --to 1-32-0",
        );
    const tagged = tag ?? there?.tag;
    const goal: Revision = { name: to, version, ...(tagged === undefined ? {} : { tag: tagged }) };
    const { error } = revision.safeParse(goal);
    if (error === undefined) return goal;
    const problems = error.issues.map(
        ({ path, message }) => `  - ${OPTIONS[String(path[0])] ?? "--to"}: ${message}`,
    );
    throw new UpgradeError(`there is no such revision of Istio:\n${problems.join("\n")}`);
}

function spelled(name: string): string | undefined {
    return /^\d+-\d+-\d+$/.test(name) ? name.replaceAll("-", ".") : undefined;
}
