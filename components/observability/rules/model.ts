/** Rules in the format of Prometheus' rule files and of PrometheusRules. */

export interface Recording {
    readonly record: string;
    readonly expr: string;
}

export interface Alert {
    readonly alert: string;
    readonly expr: string;
    /** How long the condition must hold, such as `2m`. @default fires at once */
    readonly for?: string;
    readonly labels: { readonly severity: Severity } & Readonly<Record<string, string>>;
    readonly annotations: {
        /** One line, a template over the alert's labels. */
        readonly summary: string;
        /** The URL of the runbook. */
        readonly runbook: string;
    };
}

/** A `page` notifies the person on call at once, a `ticket` during working hours. */
export type Severity = "page" | "ticket";

export interface RuleGroup {
    readonly name: string;
    readonly rules: readonly (Recording | Alert)[];
}

/** An alert whose runbook is named after it: `MeshHighErrorRate` has `docs/runbooks/mesh-high-error-rate.md`. */
export function alert(
    name: string,
    severity: Severity,
    condition: {
        readonly expr: string;
        readonly for?: string;
        readonly summary: string;
        /** Labels that distinguish rules of the same name. */
        readonly labels?: Readonly<Record<string, string>>;
    },
): Alert {
    const page = name.replaceAll(/(?<=[a-z])(?=[A-Z])/g, "-").toLowerCase();
    const { summary, expr, for: duration } = condition;
    return {
        alert: name,
        expr,
        ...(duration === undefined ? {} : { for: duration }),
        labels: { severity, ...condition.labels },
        annotations: { summary, runbook: `docs/runbooks/${page}.md` },
    };
}

/** A pattern for a label that has one of these values. */
export function oneOf(names: readonly string[]): string {
    return [...names].sort().join("|");
}
