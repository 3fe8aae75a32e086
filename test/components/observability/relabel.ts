/** Evaluates Prometheus' `metric_relabel_configs`, as far as the program uses them. */
import type { Relabel } from "../../../components/observability/istio-series";

export type Labels = Readonly<Record<string, string>>;

/** @returns undefined if the series is dropped */
export function relabelled(labels: Labels, steps: readonly Relabel[]): Labels | undefined {
    let current: Record<string, string> = { ...labels };
    for (const { source_labels = [], regex = "(.*)", action = "replace", ...step } of steps) {
        const pattern = new RegExp(`^(?:${regex})$`);
        const match = pattern.exec(source_labels.map((label) => current[label] ?? "").join(";"));
        if (action === "keep" && match === null) return undefined;
        if (action === "labeldrop")
            current = Object.fromEntries(Object.entries(current).filter(([name]) => !pattern.test(name)));
        if (action !== "replace" || match === null || step.target_label === undefined) continue;
        const value = (step.replacement ?? "$1").replaceAll(
            /\$(\d)/g,
            (_all, group: string) => match[Number(group)] ?? "",
        );
        current = { ...current, [step.target_label]: value };
        // A label with an empty value does not exist.
        if (value === "")
            current = Object.fromEntries(
                Object.entries(current).filter(([name]) => name !== step.target_label),
            );
    }
    return current;
}
