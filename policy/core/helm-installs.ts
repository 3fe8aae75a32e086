/** Everything that installs a Helm chart: Pulumi's Helm resources, Flux, Argo CD and k3s. */
import { at, type Fields, fields, list, isNonEmpty, text, textAt } from "./read";
import { CHARTS, type Subject } from "./subject";
import { parseYaml } from "./yaml";

export interface HelmInstall {
    readonly subject: Subject;
    /** As written in the resource: `istiod`, `oci://ghcr.io/istio/release/charts/istiod`, a folder. */
    readonly chart: string;
    readonly releaseName: string;
    /**
     * Namespace that the chart is installed to.
     * @throws UnknownField
     */
    readonly namespace: () => string;
    readonly values: Fields;
    readonly valuesPath: string;
    /** Fields that change the rendered chart and that no policy can read. */
    readonly unreadable: readonly string[];
}

export const HELM_INSTALLERS: readonly string[] = [
    ...CHARTS,
    "helm.toolkit.fluxcd.io/HelmRelease",
    "argoproj.io/Application",
    "argoproj.io/ApplicationSet",
    "helm.cattle.io/HelmChart",
];

export function helmInstallsOf(subject: Subject): readonly HelmInstall[] {
    switch (subject.id) {
        case "helm.sh/Release":
        case "helm.sh/Chart":
            return [
                {
                    subject,
                    chart: textAt(subject.props, "chart") ?? "",
                    releaseName: subject.name,
                    namespace: () => subject.namespace,
                    values: fields(subject.props["values"]),
                    valuesPath: "values",
                    unreadable: written(subject.props, "", [
                        "valueYamlFiles",
                        "valuesFiles",
                        "postrender",
                        "postRenderer",
                    ]),
                },
            ];
        case "helm.toolkit.fluxcd.io/HelmRelease":
            return [ofFlux(subject)];
        case "argoproj.io/Application":
            return ofArgo(subject, subject.spec, "spec");
        case "argoproj.io/ApplicationSet":
            return ofArgo(subject, fields(at(subject.spec, "template", "spec")), "spec.template.spec");
        case "helm.cattle.io/HelmChart":
            return [ofK3s(subject)];
        default:
            return [];
    }
}

function ofFlux(subject: Subject): HelmInstall {
    const { spec } = subject;
    const template = at(spec, "chart", "spec");
    return {
        subject,
        chart: textAt(template, "chart") ?? textAt(spec, "chartRef", "name") ?? "",
        releaseName: textAt(spec, "releaseName") ?? subject.name,
        namespace: () => textAt(spec, "targetNamespace") ?? subject.namespace,
        values: fields(spec["values"]),
        valuesPath: "spec.values",
        unreadable: [
            ...written(spec, "spec.", ["valuesFrom", "postRenderers"]),
            ...written(template, "spec.chart.spec.", ["valuesFile", "valuesFiles"]),
        ],
    };
}

function ofArgo(subject: Subject, spec: Fields, path: string): readonly HelmInstall[] {
    const sources = [
        ...(isNonEmpty(spec["source"]) ? [["source", spec["source"]] as const] : []),
        ...list(spec["sources"]).map((source, index) => [`sources[${index}]`, source] as const),
    ];
    return sources.map(([place, source]) => {
        const helm = fields(at(source, "helm"));
        const base = `${path}.${place}.helm`;
        const asText = textAt(helm, "values");
        const fromText = asText === undefined ? {} : fields(parseYaml(asText, `${base}.values`));
        const values = { ...fromText, ...fields(helm["valuesObject"]) };
        return {
            subject,
            chart: textAt(source, "chart") ?? textAt(source, "path") ?? "",
            releaseName: textAt(helm, "releaseName") ?? subject.name,
            namespace: () => textAt(spec, "destination", "namespace") ?? subject.namespace,
            values: withParameters(values, list(helm["parameters"])),
            valuesPath: isNonEmpty(helm["valuesObject"]) ? `${base}.valuesObject` : `${base}.values`,
            unreadable: [
                ...written(helm, `${base}.`, ["valueFiles", "fileParameters"]),
                ...written(source, `${path}.${place}.`, ["kustomize", "plugin"]),
            ],
        };
    });
}

function ofK3s(subject: Subject): HelmInstall {
    const { spec } = subject;
    const asText = textAt(spec, "valuesContent");
    const values = asText === undefined ? {} : fields(parseYaml(asText, "spec.valuesContent"));
    const set = Object.entries(fields(spec["set"])).map(([name, value]) => ({ name, value }));
    return {
        subject,
        chart: textAt(spec, "chart") ?? "",
        releaseName: subject.name,
        namespace: () => textAt(spec, "targetNamespace") ?? subject.namespace,
        values: withParameters(values, set),
        valuesPath: "spec.valuesContent",
        unreadable: written(spec, "spec.", ["chartContent", "valuesSecrets"]),
    };
}

/** Values with `--set` parameters (`name: a.b, value: c`) merged in. */
function withParameters(values: Fields, parameters: readonly unknown[]): Fields {
    return parameters.reduce<Fields>((result, parameter) => {
        const path = (textAt(parameter, "name") ?? "")
            .split(/(?<!\\)\./)
            .map((key) => key.replaceAll("\\.", "."));
        return put(result, path, text(at(parameter, "value")) ?? "");
    }, values);
}

function put(into: Fields, [key = "", ...below]: readonly string[], value: string): Fields {
    return { ...into, [key]: below.length === 0 ? value : put(fields(into[key]), below, value) };
}

function written(from: unknown, path: string, names: readonly string[]): readonly string[] {
    return names.filter((name) => isNonEmpty(at(from, name))).map((name) => `${path}${name}`);
}
