/** Finds Istio's MeshConfig in every place where a program can put it. */
import { HELM_INSTALLERS, type HelmInstall, helmInstallsOf } from "./helm-installs";
import { normalized } from "./protojson";
import { at, type Fields, fields, list, isNonEmpty, text, textAt } from "./read";
import { CHARTS, type Subject } from "./subject";
import { parseYaml } from "./yaml";

export interface MeshConfigSource {
    readonly subject: Subject;
    /** Path in the subject, for messages. */
    readonly path: string;
    /** Namespace of the control plane. */
    readonly namespace: string;
    /** Normalized to the field names and enum words of protobuf's JSON. */
    readonly config: Fields;
    /** As written in the object. */
    readonly written: unknown;
    /** The values of the chart or operator that contain it; empty if the MeshConfig is separate. */
    readonly values: Fields;
    readonly valuesPath: string;
    /** Environment variables of istiod. */
    readonly variables: readonly Variable[];
    /** Fields of the subject that change the control plane and that no policy can read. */
    readonly unreadable: readonly string[];
}

export interface Variable {
    /** Path in the subject, for messages. */
    readonly path: string;
    readonly name: string;
    /** Undefined if it comes from another object. */
    readonly value: string | undefined;
}

/** Kinds that can contain a MeshConfig. */
export const MESH_CONFIG_HOLDERS: readonly string[] = [
    ...HELM_INSTALLERS,
    "install.istio.io/IstioOperator",
    "sailoperator.io/Istio",
    "sailoperator.io/IstioRevision",
    "core/ConfigMap",
];

/** Whether one of Pulumi's Helm resources installs istiod. */
export function isIstiod(subject: Subject): boolean {
    return (
        CHARTS.includes(subject.id) && helmInstallsOf(subject).some((install) => istiodIn(install).length > 0)
    );
}

export function meshConfigsOf(subject: Subject): readonly MeshConfigSource[] {
    switch (subject.id) {
        case "install.istio.io/IstioOperator":
            return inOperator(subject);
        case "sailoperator.io/Istio":
        case "sailoperator.io/IstioRevision":
            // Objects of the Sail operator are cluster-scoped, and name the namespace of the control plane.
            return [
                inValues(
                    subject,
                    "spec.values",
                    fields(subject.spec["values"]),
                    () => textAt(subject.spec, "namespace") ?? "istio-system",
                ),
            ];
        case "core/ConfigMap":
            return inConfigMap(subject);
        default:
            return helmInstallsOf(subject).flatMap((install) =>
                istiodIn(install).map(([path, values]) => ({
                    ...inValues(subject, path, values, install.namespace),
                    unreadable: install.unreadable,
                })),
            );
    }
}

/** Charts and releases with such a name install istiod, whatever their registry, folder, version or digest. */
const ISTIOD_NAME = /istiod|istio-?discovery|istio-control|istio-pilot/i;

/** Keys of an umbrella chart that usually contain istiod's values. */
const ISTIOD_KEY = /^(istiod|istio-?discovery)$/i;

/** Keys that occur in istiod's chart and in hardly any other. */
const ISTIOD_VALUES_KEYS: ReadonlySet<string> = new Set(["meshConfig", "sidecarInjectorWebhook"]);

/** Maximum nesting of umbrella charts. */
const MAX_DEPTH = 5;

/**
 * The parts of a chart's values that are istiod's: they contain keys of istiod's chart, or are below a key
 * named after istiod. All values, if the chart is named after istiod.
 */
function istiodIn(install: HelmInstall): readonly (readonly [path: string, values: Fields])[] {
    const { values, valuesPath, chart, releaseName } = install;
    const candidates = findIstiodValues(values, valuesPath, MAX_DEPTH);
    if (candidates.length > 0) return isZtunnel(install) ? [] : candidates;
    const last =
        chart
            .replace(/[@?#].*$/, "")
            .replace(/\/+$/, "")
            .split("/")
            .at(-1) ?? "";
    return ISTIOD_NAME.test(last) || ISTIOD_NAME.test(releaseName) ? [[valuesPath, values]] : [];
}

function findIstiodValues(
    values: Fields,
    path: string,
    depth: number,
): readonly (readonly [string, Fields])[] {
    if (depth === 0) return [];
    const keys = Object.keys(values);
    if (
        keys.some((key) => ISTIOD_VALUES_KEYS.has(key)) ||
        readable(readable(values, "pilot") ?? {}, "env") !== undefined
    )
        return [[path, values]];
    return keys.flatMap((key) => {
        const inner = readable(values, key);
        if (inner === undefined) return [];
        const place = `${path}.${key}`;
        const deeper = findIstiodValues(inner, place, depth - 1);
        if (deeper.length > 0) return deeper;
        return ISTIOD_KEY.test(key) ? [[place, inner] as const] : [];
    });
}

/** A nested object; undefined if it is absent or unknown until the update. */
function readable(values: Fields, key: string): Fields | undefined {
    try {
        const inner = values[key];
        return typeof inner === "object" && inner !== null && !Array.isArray(inner)
            ? (inner as Fields)
            : undefined;
    } catch {
        return undefined;
    }
}

/** The ztunnel chart also takes a part of the MeshConfig. */
function isZtunnel({ chart, values }: HelmInstall): boolean {
    const keys = Object.keys(fields(values["meshConfig"]));
    return /(^|\/)ztunnel$/.test(chart) && keys.every((key) => key === "defaultConfig");
}

function inValues(
    subject: Subject,
    valuesPath: string,
    values: Fields,
    namespace: () => string,
): MeshConfigSource {
    const written = values["meshConfig"] ?? {};
    return {
        subject,
        path: `${valuesPath}.meshConfig`,
        namespace: textAt(values, "global", "istioNamespace") ?? namespace(),
        config: normalized(fields(written), "MeshConfig"),
        written,
        values,
        valuesPath,
        variables: variablesIn(values, valuesPath),
        unreadable: [],
    };
}

/** `spec.unvalidatedValues` are like `spec.values`, for keys that are not in the operator's schema. */
function inOperator(subject: Subject): readonly MeshConfigSource[] {
    const { spec } = subject;
    const namespace = textAt(spec, "values", "global", "istioNamespace") ?? subject.namespace;
    const k8s = "spec.components.pilot.k8s";
    const overlays = isNonEmpty(at(spec, "components", "pilot", "k8s", "overlays"))
        ? [`${k8s}.overlays`]
        : [];
    const componentEnv = listed(list(at(spec, "components", "pilot", "k8s", "env")), `${k8s}.env`);
    const main: MeshConfigSource = {
        subject,
        path: "spec.meshConfig",
        namespace,
        config: normalized(fields(spec["meshConfig"]), "MeshConfig"),
        written: spec["meshConfig"] ?? {},
        values: fields(spec["values"]),
        valuesPath: "spec.values",
        variables: [...variablesIn(fields(spec["values"]), "spec.values"), ...componentEnv],
        unreadable: overlays,
    };
    const more = fields(spec["unvalidatedValues"]);
    if (Object.keys(more).length === 0) return [main];
    const path = "spec.unvalidatedValues";
    return [
        { ...main, variables: [...main.variables, ...variablesIn(more, path)] },
        { ...main, values: more, valuesPath: path, variables: [], unreadable: [] },
    ];
}

function variablesIn(values: Fields, path: string): readonly Variable[] {
    const maps = [
        [`${path}.env`, at(values, "env")],
        [`${path}.pilot.env`, at(values, "pilot", "env")],
    ] as const;
    const lists = [
        [`${path}.envVarFrom`, at(values, "envVarFrom")],
        [`${path}.pilot.envVarFrom`, at(values, "pilot", "envVarFrom")],
    ] as const;
    return [
        ...maps.flatMap(([place, map]) =>
            Object.entries(fields(map)).map(([name, value]) => ({
                path: `${place}.${name}`,
                name,
                value: text(value) ?? "",
            })),
        ),
        ...lists.flatMap(([place, items]) => listed(list(items), place)),
    ];
}

/** Entries of a container's `env`: with a value, or with a reference to another object. */
function listed(items: readonly unknown[], path: string): readonly Variable[] {
    return items.map((item, index) => ({
        path: `${path}[${index}]`,
        name: textAt(item, "name") ?? "a variable",
        value: textAt(item, "value"),
    }));
}

/** The ConfigMap `istio` or `istio-<revision>`, from which istiod reads the MeshConfig as YAML. */
function inConfigMap(subject: Subject): readonly MeshConfigSource[] {
    const mesh = textAt(subject.props, "data", "mesh");
    if (!/^istio(-|$)/.test(subject.name) || mesh === undefined || !isNonEmpty(mesh)) return [];
    const written = fields(parseYaml(mesh, "data.mesh"));
    return [
        {
            subject,
            path: "data.mesh",
            namespace: subject.namespace,
            config: normalized(written, "MeshConfig"),
            written,
            values: {},
            valuesPath: "data",
            variables: [],
            unreadable: [],
        },
    ];
}
