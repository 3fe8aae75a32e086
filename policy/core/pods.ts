/** The pods of workloads and charts, as far as they are visible in a stack. */
import { labelsAt, textAt } from "./read";
import { CHARTS, type Subject } from "./subject";
import { podsIn, WORKLOADS } from "./workload";

type Labels = Readonly<Record<string, string>>;

export interface Pods {
    readonly namespace: string;
    readonly labels: Labels;
    readonly annotations: Labels;
}

export const POD_MAKERS: readonly string[] = [...CHARTS, ...WORKLOADS];

/**
 * For a chart, the labels that its pods would have if it were Istio's gateway chart: derived from the value
 * `name` or the release name without `istio-` (templates/_helpers.tpl, `gateway.selectorLabels`).
 */
export function podsOf(maker: Subject): readonly Pods[] {
    if (!CHARTS.includes(maker.id)) {
        const { namespace } = maker;
        return podsIn(maker).map(({ labels, annotations }) => ({ namespace, labels, annotations }));
    }
    const nameValue = textAt(maker.props, "values", "name") ?? "";
    const name = nameValue === "" ? maker.name : nameValue;
    const chartLabels = { app: name, istio: name.replace(/^istio-/, ""), "app.kubernetes.io/name": name };
    return [
        {
            namespace: textAt(maker.props, "namespace") ?? maker.namespace,
            labels: { ...chartLabels, ...labelsAt(maker.props, "values", "labels") },
            annotations: labelsAt(maker.props, "values", "podAnnotations"),
        },
    ];
}
