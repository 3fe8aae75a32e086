import { BASELINE_SCHEMA, baselineOf, howToList, NO_BASELINE, type WithBaseline } from "../../core/baseline";
import { isIdentifier, isListedValue } from "../../core/listed-outputs";
import { type Fields, fields, list, text, UnknownField } from "../../core/read";
import { each, EVERYTHING, type Violation, stackRule } from "../../core/rule";
import {
    hasSettings,
    isOutputOrLookup,
    outputOf,
    settingsOf,
    simulatedValue,
    sourcesOf,
    UNKNOWN,
} from "../../core/settings";
import { type Subject } from "../../core/subject";
import { settingsListed } from "./settings";

export const closedReferences = stackRule<WithBaseline>({
    name: "closed-references",
    area: "closed",
    title: "Every cloud resource refers to the resources in the baseline",
    severity: "critical",
    why: "a literal or another reference can replace a reviewed role, key or subnet, and no other policy detects this",
    remediation: "Refer to the stack's resource, or regenerate the baseline and have its diff reviewed.",
    appliesTo: [EVERYTHING],
    defaults: NO_BASELINE,
    schema: { baseline: BASELINE_SCHEMA },
    examples: {
        noncompliant: `
type: aws:eks/podIdentityAssociation:PodIdentityAssociation
name: dns
properties: { namespace: cert-manager, serviceAccount: cert-manager, roleArn: "arn:aws:iam::111122223333:role/admin" }
`,
        compliant: `
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
    *evaluateStack(stack, config) {
        const baseline = baselineOf(config);
        if (baseline === undefined) return;
        const fix = howToList(config.baseline);
        const resources = stack.subjects.filter(hasSettings);
        const targets = new Map(resources.map((one) => [`${one.id}::${one.name}`, one]));
        yield* each(resources, function* (subject) {
            const listed = settingsListed(baseline, subject) ?? {};
            const ofSubject = baseline.references[subject.id]?.[subject.name] ?? {};
            yield* otherSources(subject, ofSubject, fix);
            const values = settingsOf(subject, listed);
            for (const [path, expected] of Object.entries(listed)) {
                const value = values.get(path);
                if (!isOutputOrLookup(expected) || value === undefined || value === UNKNOWN) continue;
                const [input = ""] = path.split(/[.[]/, 1);
                const references = ofSubject[input] ?? [];
                const isReference = outputOf(expected) !== undefined;
                if (sourcesOf(subject, input).length > 0) {
                    const found = references.map((key) => targets.get(key));
                    const actual = scalarAtPath(subject.props, path);
                    if (isReference && !isListedOutput(actual, simulatedValue(expected), found))
                        yield {
                            subject,
                            problem: `${path} is ${value}, which is no output of ${references.join(", ")}`,
                            fix,
                        };
                    continue;
                }
                // `mesh policy` reports no sources, and simulates the values.
                if (value === simulatedValue(expected)) continue;
                // A lookup without listed sources has known arguments, so that the engine reports no sources for it.
                if (!isReference && references.length === 0) continue;
                yield {
                    subject,
                    problem: `${path} is the literal ${value}, but the baseline lists ${isReference ? "another resource's output" : `a lookup that depends on ${references.join(", ")}`}`,
                    fix,
                };
            }
        });
    },
});

/** Inputs whose sources the engine reports must come from exactly the listed resources. */
function* otherSources(
    subject: Subject,
    references: Readonly<Record<string, readonly string[]>>,
    fix: string,
): Iterable<Violation> {
    for (const [input, listed] of Object.entries(references)) {
        const actual = sourcesOf(subject, input);
        if (actual.length === 0 || actual.join() === listed.join()) continue;
        yield {
            subject,
            problem: `${input} refers to ${actual.join(", ")}, but the baseline lists a reference to ${listed.join(", ")}`,
            fix,
        };
    }
}

/**
 * Whether a known value is what the baseline lists, with the account's values of the targets' outputs. True if that cannot be
 * evaluated because a resource does not exist yet.
 */
function isListedOutput(
    value: string | undefined,
    listed: string,
    subjects: readonly (Subject | undefined)[],
): boolean {
    if (value === undefined || subjects.length === 0) return true;
    const required = value.startsWith("arn:") ? "arn" : "id";
    if (subjects.some((subject) => (scalarAtPath(subject?.props ?? {}, required) ?? "") === "")) return true;
    const known = subjects.filter((subject) => subject !== undefined);
    const targets = known.map(({ id, name, props }) => ({ type: id, name, outputs: knownScalars(props) }));
    if (isListedValue(value, listed, targets)) return true;
    // Other outputs, such as the API server's security group, have no simulated counterpart.
    if (isIdentifier(listed, targets)) return false;
    return known.some((subject) => [...settingsOf(subject).values()].includes(JSON.stringify(value)));
}

/** The texts, numbers and flags at the top level that are known. */
function knownScalars(props: Fields): Fields {
    return Object.fromEntries(Object.keys(props).map((key) => [key, scalarAtPath(props, key)]));
}

/** The text at a path of `settingsOf`, also of a number or a flag; undefined if it is unknown or an object. */
function scalarAtPath(props: Fields, path: string): string | undefined {
    try {
        return text(
            path
                .split(/[.[\]]+/)
                .filter((part) => part !== "")
                .reduce<unknown>(
                    (node, part) => (Array.isArray(node) ? list(node)[Number(part)] : fields(node)[part]),
                    props,
                ),
        );
    } catch (error) {
        if (error instanceof UnknownField) return undefined;
        throw error;
    }
}
