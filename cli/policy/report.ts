/** The text of `mesh policy`: what many resources share stands once. */
import { groupBy } from "../../catalogue/order";
import { plural } from "../lib/plural";
import type { Diagnostic, Level } from "./protocol";

interface Finding {
    /** Where, and what is wrong. */
    readonly problem: string;
    readonly fix: string;
    /** Why the policy exists, and its page: the same for all of its findings. */
    readonly about: string;
}

/** The parts of the pack's messages. Other packs, and findings without a policy, have another form. */
const MESSAGE = /^(?<problem>[^]*?)\n {2}Fix: (?<fix>[^]*?)\n {2}(?<about>Why: [^]*)$/;

/** The diagnostics by policy, then by fix; the most severe first. Empty without diagnostics. */
export function describeDiagnostics(diagnostics: readonly Diagnostic[]): string {
    const sorted = [...diagnostics].sort((a, b) => rank(a.level) - rank(b.level));
    return [...groupBy(sorted, ({ level, policy }) => `[${level}] ${policy}`)]
        .map(([title, group]) => describeGroup(title, group))
        .join("");
}

/** `36 violations of 2 policies (access-allow-scope 34, egress-export-to 2)`; the policies only if there are several. */
export function countByPolicy(diagnostics: readonly Diagnostic[]): string {
    const count = plural(diagnostics.length, "violation");
    const policies = [...groupBy(diagnostics, ({ policy }) => policy)].sort(
        ([, a], [, b]) => b.length - a.length,
    );
    if (policies.length < 2) return count;
    const names = policies.map(([name, group]) => `${name} ${group.length}`);
    return `${count} of ${plural(policies.length, "policy", "policies")} (${names.join(", ")})`;
}

function describeGroup(title: string, group: readonly Diagnostic[]): string {
    const heading = group.length === 1 ? title : `${title} (${group.length})`;
    const findings = group.map(({ message }) => parse(message));
    const parts = [...groupBy(findings, ({ about }) => about)].flatMap(([about, alike]) => [
        ...[...groupBy(alike, ({ fix }) => fix)].flatMap(([fix, same]) => [
            ...same.map(({ problem }) => indented(problem, 2)),
            ...(fix === "" ? [] : [indented(`Fix: ${fix}`, 4)]),
        ]),
        ...(about === "" ? [] : [indented(about.replace(/^ {2}/gm, ""), 2)]),
    ]);
    return `${[heading, ...parts].join("\n")}\n\n`;
}

function parse(message: string): Finding {
    const { problem = message, fix = "", about = "" } = MESSAGE.exec(message)?.groups ?? {};
    return { problem, fix, about };
}

function rank(level: Level): number {
    return level === "advisory" ? 1 : 0;
}

function indented(text: string, spaces: number): string {
    return text.replace(/^(?=.)/gm, " ".repeat(spaces));
}
