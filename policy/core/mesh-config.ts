/** Istio's MeshConfig, wherever a program may keep it. */
import { HELM_INSTALLERS, type HelmInstall, helmInstallsOf } from "./helm-installs";
import { normalized } from "./protojson";
import { at, type Fields, fields, list, says, text, textAt } from "./read";
import { CHARTS, type Subject } from "./subject";
import { parseYaml } from "./yaml";

export interface MeshConfigSource {
    readonly subject: Subject;
    /** Where in the subject, for messages. */
    readonly path: string;
    /** Of the control plane. */
    readonly namespace: string;
    /** With the names and words of protobuf's JSON, whatever spelling its author chose. */
    readonly config: Fields;
    /** As its author wrote it. */
    readonly written: unknown;
    /** The chart's or operator's values around it; none where the MeshConfig stands alone. */
    readonly values: Fields;
    readonly valuesPath: string;
    /** istiod's environment. */
    readonly variables: readonly Variable[];
    /** Fields of the subject that change the control plane, and that no policy can read. */
    readonly unread: readonly string[];
}

export interface Variable {
    /** Where in the subject, for messages. */
    readonly path: string;
    readonly name: string;
    /** Undefined where it comes from another object. */
    readonly value: string | undefined;
}

/** What may hold a MeshConfig. */
export const MESH_CONFIG_HOLDERS: readonly string[] = [
    ...HELM_INSTALLERS,
    "install.istio.io/IstioOperator",
    "sailoperator.io/Istio",
    "sailoperator.io/IstioRevision",
    "core/ConfigMap",
];

/** Whether one of Pulumi's own Helm resources installs istiod. */
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
            // Sail's own objects are in no namespace, and name the one that they install to.
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
                    unread: install.unread,
                })),
            );
    }
}

/** Charts and releases of this name are istiod's, whatever registry, folder, version or digest they come from. */
const ISTIOD_NAME = /istiod|istio-?discovery|istio-control|istio-pilot/i;

/** Keys of an umbrella chart under which istiod's values usually stand. */
const ISTIOD_KEY = /^(istiod|istio-?discovery)$/i;

/** Keys that istiod's chart has and hardly any other. */
const OWN_KEYS: ReadonlySet<string> = new Set(["meshConfig", "sidecarInjectorWebhook"]);

/** How deep umbrella charts nest. */
const DEPTH = 5;

/**
 * Where a chart's values are istiod's, by what they are: they have keys of its own, or stand under istiod's name; all of them
 * where the chart bears its name.
 */
function istiodIn(install: HelmInstall): readonly (readonly [path: string, values: Fields])[] {
    const { values, valuesPath, chart, releaseName } = install;
    const found = below(values, valuesPath, DEPTH);
    if (found.length > 0) return isZtunnel(install) ? [] : found;
    const last =
        chart
            .replace(/[@?#].*$/, "")
            .replace(/\/+$/, "")
            .split("/")
            .at(-1) ?? "";
    return ISTIOD_NAME.test(last) || ISTIOD_NAME.test(releaseName) ? [[valuesPath, values]] : [];
}

function below(values: Fields, path: string, depth: number): readonly (readonly [string, Fields])[] {
    if (depth === 0) return [];
    const keys = Object.keys(values);
    if (
        keys.some((key) => OWN_KEYS.has(key)) ||
        readable(readable(values, "pilot") ?? {}, "env") !== undefined
    )
        return [[path, values]];
    return keys.flatMap((key) => {
        const inner = readable(values, key);
        if (inner === undefined) return [];
        const place = `${path}.${key}`;
        const deeper = below(inner, place, depth - 1);
        if (deeper.length > 0) return deeper;
        return ISTIOD_KEY.test(key) ? [[place, inner] as const] : [];
    });
}

/** An object below, unless there is none or nobody knows it yet. */
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

/** Its chart takes a part of the MeshConfig, too. */
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
        unread: [],
    };
}

/** `spec.unvalidatedValues` are the same as `spec.values`, for keys that the operator's schema lacks. */
function inOperator(subject: Subject): readonly MeshConfigSource[] {
    const { spec } = subject;
    const namespace = textAt(spec, "values", "global", "istioNamespace") ?? subject.namespace;
    const k8s = "spec.components.pilot.k8s";
    const overlays = says(at(spec, "components", "pilot", "k8s", "overlays")) ? [`${k8s}.overlays`] : [];
    const own = listed(list(at(spec, "components", "pilot", "k8s", "env")), `${k8s}.env`);
    const main: MeshConfigSource = {
        subject,
        path: "spec.meshConfig",
        namespace,
        config: normalized(fields(spec["meshConfig"]), "MeshConfig"),
        written: spec["meshConfig"] ?? {},
        values: fields(spec["values"]),
        valuesPath: "spec.values",
        variables: [...variablesIn(fields(spec["values"]), "spec.values"), ...own],
        unread: overlays,
    };
    const more = fields(spec["unvalidatedValues"]);
    if (Object.keys(more).length === 0) return [main];
    const path = "spec.unvalidatedValues";
    return [
        { ...main, variables: [...main.variables, ...variablesIn(more, path)] },
        { ...main, values: more, valuesPath: path, variables: [], unread: [] },
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

/** As in a container: with a value, or from another object. */
function listed(items: readonly unknown[], path: string): readonly Variable[] {
    return items.map((item, index) => ({
        path: `${path}[${index}]`,
        name: textAt(item, "name") ?? "a variable",
        value: textAt(item, "value"),
    }));
}

/** The ConfigMap `istio`, or `istio-<revision>`, that istiod reads: MeshConfig as YAML in a text. */
function inConfigMap(subject: Subject): readonly MeshConfigSource[] {
    const mesh = textAt(subject.props, "data", "mesh");
    if (!/^istio(-|$)/.test(subject.name) || mesh === undefined || !says(mesh)) return [];
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
            unread: [],
        },
    ];
}
