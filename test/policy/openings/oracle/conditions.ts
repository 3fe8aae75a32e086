/** Whether a verdict's conditions became weaker: compares them clause by clause, as `mesh explain` prints them. */

interface Clause {
    /** The attribute: `request.auth.claims[roles] is one of`, or a text that only equals itself. */
    readonly about: string;
    readonly values: ReadonlySet<string> | undefined;
}

/** Whether `after` allows requests that `before` denies. All conditions of a side must hold. */
export function isWeaker(before: readonly string[], after: readonly string[]): boolean {
    return before.some((condition) => !after.some((other) => implies(other, condition)));
}

/** Conditions are alternatives, joined by ", or ", of clauses that hold together, joined by " and ". */
function implies(stronger: string, weaker: string): boolean {
    const alternatives = alternativesOf(weaker);
    return alternativesOf(stronger).every((clauses) =>
        alternatives.some((others) =>
            others.every((other) => clauses.some((clause) => clauseImplies(clause, other))),
        ),
    );
}

function alternativesOf(condition: string): readonly (readonly Clause[])[] {
    return condition.split(", or ").map((text) => text.split(" and ").map(clauseOf));
}

function clauseOf(text: string): Clause {
    const [, about, values] = /^(.* is (?:not )?one of) (.*)$/.exec(text) ?? [];
    return about === undefined || values === undefined
        ? { about: text, values: undefined }
        : { about, values: new Set(values.split(", ")) };
}

function clauseImplies(clause: Clause, other: Clause): boolean {
    if (clause.about !== other.about) return false;
    const { values } = clause;
    if (values === undefined || other.values === undefined) return values === other.values;
    const [inner, outer] = clause.about.endsWith(" is not one of")
        ? [other.values, values]
        : [values, other.values];
    return [...inner].every((value) => outer.has(value));
}
