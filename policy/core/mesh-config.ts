/** Istio's MeshConfig, wherever a program may keep it. */
import { at, type Fields, fields, says, textAt } from "./read";
import { type Subject } from "./subject";
import { parseYaml } from "./yaml";

export interface MeshConfigSource {
    readonly subject: Subject;
    /** Where in the subject, for messages. */
    readonly path: string;
    /** Of the control plane. */
    readonly namespace: string;
    readonly config: Fields;
    /** The chart's or operator's values around it; none where the MeshConfig stands alone. */
    readonly values: Fields;
    readonly valuesPath: string;
}

/** What may hold a MeshConfig. */
export const MESH_CONFIG_HOLDERS: readonly string[] = [
    "helm.sh/Release",
    "helm.sh/Chart",
    "install.istio.io/IstioOperator",
    "sailoperator.io/Istio",
    "sailoperator.io/IstioRevision",
    "core/ConfigMap",
];

/** Whether a Helm release or chart installs istiod. */
export function isIstiod(subject: Subject): boolean {
    if (subject.id !== "helm.sh/Release" && subject.id !== "helm.sh/Chart") return false;
    const chart = textAt(subject.props, "chart") ?? "";
    return /(^|\/)(istiod|istio-discovery|istio-control)(-[\d.]+\.tgz)?$/.test(chart.replace(/\/+$/, ""));
}

export function meshConfigsOf(subject: Subject): readonly MeshConfigSource[] {
    switch (subject.id) {
        case "helm.sh/Release":
        case "helm.sh/Chart":
            return isIstiod(subject) ? [inValues(subject, "values", at(subject.props, "values"))] : [];
        case "install.istio.io/IstioOperator":
            return [
                {
                    subject,
                    path: "spec.meshConfig",
                    namespace:
                        textAt(subject.spec, "values", "global", "istioNamespace") ?? subject.namespace,
                    config: fields(subject.spec["meshConfig"]),
                    values: fields(subject.spec["values"]),
                    valuesPath: "spec.values",
                },
            ];
        case "sailoperator.io/Istio":
        case "sailoperator.io/IstioRevision":
            return [inValues(subject, "spec.values", subject.spec["values"])];
        case "core/ConfigMap":
            return inConfigMap(subject);
        default:
            return [];
    }
}

function inValues(subject: Subject, valuesPath: string, found: unknown): MeshConfigSource {
    const values = fields(found);
    return {
        subject,
        path: `${valuesPath}.meshConfig`,
        // Sail's own objects are in no namespace, and name the one that they install to.
        namespace:
            textAt(values, "global", "istioNamespace") ??
            textAt(subject.spec, "namespace") ??
            subject.namespace,
        config: fields(values["meshConfig"]),
        values,
        valuesPath,
    };
}

/** The ConfigMap `istio`, or `istio-<revision>`, that istiod reads: MeshConfig as YAML in a text. */
function inConfigMap(subject: Subject): readonly MeshConfigSource[] {
    const mesh = textAt(subject.props, "data", "mesh");
    if (!/^istio(-|$)/.test(subject.name) || mesh === undefined || !says(mesh)) return [];
    return [
        {
            subject,
            path: "data.mesh",
            namespace: subject.namespace,
            config: fields(parseYaml(mesh, "data.mesh")),
            values: {},
            valuesPath: "data",
        },
    ];
}
