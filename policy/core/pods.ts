/** The pods that workloads and charts make, as far as a stack shows them. */
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
 * Of a chart, the pods that it would make if it were Istio's gateway chart: named by the value `name` or the release, and
 * without `istio-` (its templates/_helpers.tpl, `gateway.selectorLabels`).
 */
export function podsOf(maker: Subject): readonly Pods[] {
    if (!CHARTS.includes(maker.id)) {
        const { namespace } = maker;
        return podsIn(maker).map(({ labels, annotations }) => ({ namespace, labels, annotations }));
    }
    const said = textAt(maker.props, "values", "name") ?? "";
    const name = said === "" ? maker.name : said;
    const own = { app: name, istio: name.replace(/^istio-/, ""), "app.kubernetes.io/name": name };
    return [
        {
            namespace: textAt(maker.props, "namespace") ?? maker.namespace,
            labels: { ...own, ...labelsAt(maker.props, "values", "labels") },
            annotations: labelsAt(maker.props, "values", "podAnnotations"),
        },
    ];
}
