/** Rules as Prometheus' own files, and PrometheusRules, have them. */

export interface Recording {
    readonly record: string;
    readonly expr: string;
}

export interface Alert {
    readonly alert: string;
    readonly expr: string;
    /** How long it must hold, such as `2m`. @default at once */
    readonly for?: string;
    readonly labels: { readonly severity: Severity } & Readonly<Record<string, string>>;
    readonly annotations: {
        /** One line, with the labels of what it is about filled in. */
        readonly summary: string;
        /** Where the repository says what to do. */
        readonly runbook: string;
    };
}

/** `page` wakes somebody, a `ticket` waits for the morning. */
export type Severity = "page" | "ticket";

export interface RuleGroup {
    readonly name: string;
    readonly rules: readonly (Recording | Alert)[];
}

/** An alert whose runbook is named after it: `MeshErrorRate` has `docs/runbooks/mesh-error-rate.md`. */
export function alert(
    name: string,
    severity: Severity,
    condition: {
        readonly expr: string;
        readonly for?: string;
        readonly summary: string;
        /** What tells rules of one name apart. */
        readonly labels?: Readonly<Record<string, string>>;
    },
): Alert {
    const page = name.replaceAll(/(?<=[a-z])(?=[A-Z])/g, "-").toLowerCase();
    const { summary, expr, for: lasting } = condition;
    return {
        alert: name,
        expr,
        ...(lasting === undefined ? {} : { for: lasting }),
        labels: { severity, ...condition.labels },
        annotations: { summary, runbook: `docs/runbooks/${page}.md` },
    };
}

/** A pattern for a label that is one of these. */
export function oneOf(names: readonly string[]): string {
    return [...names].sort().join("|");
}
