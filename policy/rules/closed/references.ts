import { BASELINE_SCHEMA, baselineOf, howToList, NO_BASELINE, type WithBaseline } from "../../core/baseline";
import { each, EVERYTHING, stackRule } from "../../core/rule";
import { hasSettings, outputOf, settingsOf, UNKNOWN } from "../../core/settings";
import { settingsListed } from "./settings";

export const closedReferences = stackRule<WithBaseline>({
    name: "closed-references",
    area: "closed",
    title: "Every cloud resource refers to the resources that the baseline lists",
    severity: "critical",
    why: "a literal, or a reference to another resource, replaces the role, key or subnet that was reviewed, and no other policy can tell them apart",
    remedy: "Refer to the resource of the stack, or generate the baseline again and have its diff reviewed.",
    judges: [EVERYTHING],
    defaults: NO_BASELINE,
    schema: { baseline: BASELINE_SCHEMA },
    examples: {
        refused: `
type: aws:eks/podIdentityAssociation:PodIdentityAssociation
name: dns
properties: { namespace: cert-manager, serviceAccount: cert-manager, roleArn: "arn:aws:iam::111122223333:role/admin" }
`,
        accepted: `
type: aws:iam/role:Role
name: dns
properties: {}
---
type: aws:eks/podIdentityAssociation:PodIdentityAssociation
name: dns
properties: { namespace: cert-manager, serviceAccount: cert-manager, roleArn: "arn:aws:iam::111122223333:role/dns" }
sources: { roleArn: [dns] }
`,
    },
    *judgeStack(world, config) {
        const baseline = baselineOf(config);
        if (baseline === undefined) return;
        const fix = howToList(config.baseline);
        yield* each(world.subjects.filter(hasSettings), function* (subject) {
            const listed = settingsListed(baseline, subject) ?? {};
            const values = settingsOf(subject, listed);
            for (const [path, expected] of Object.entries(listed)) {
                const value = values.get(path);
                const output = outputOf(expected);
                if (output === undefined || value === undefined || value === UNKNOWN) continue;
                const [property = ""] = path.split(/[.[]/, 1);
                if (value === output) continue;
                const sources = subject.sources[property] ?? [];
                const target = targetOf(output);
                if (sources.length > 0) {
                    if (target === undefined || sources.some((urn) => urn.endsWith(`::${target}`))) continue;
                    yield {
                        subject,
                        wrong: `${path} does not refer to ${target}, and the baseline lists a reference to it`,
                        fix,
                    };
                    continue;
                }
                yield {
                    subject,
                    wrong: `${path} is the literal ${value}, and the baseline lists another resource's output`,
                    fix,
                };
            }
        });
    },
});

/** The name of the resource that a listed output is of: simulated IDs and ARNs end with it (cli/policy/aws.ts). */
function targetOf(output: string): string | undefined {
    return /^"(?:aws:[\w-]+\/\w+:\w+\/|arn:aws:[\w-]+:::)([^"/]+)"$/.exec(output)?.[1];
}
