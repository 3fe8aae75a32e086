import { EXCEPTIONS_SCHEMA, isExcepted, NO_EXCEPTIONS, type WithExceptions } from "../../core/exceptions";
import { HELM_INSTALLERS, helmInstallsOf } from "../../core/helm-installs";
import { injectorValuesOf } from "../../core/injector";
import { MESH_CONFIG_HOLDERS, type MeshConfigSource, meshConfigsOf } from "../../core/mesh-config";
import { unknownKeys } from "../../core/protojson";
import { labelsAt } from "../../core/read";
import { type Violation, allViolations, objectRule } from "../../core/rule";
import { type Subject } from "../../core/subject";
import { evaluateSettings } from "../../core/insecure-settings";
import { INSECURE_MESH_CONFIG, INSECURE_CHART_VALUES } from "./insecure-values";
import { DANGEROUS_VARIABLES } from "./variables";

interface Config extends WithExceptions {
    readonly knownKeysOnly: boolean;
}

const FIX =
    "remove it. If it is intended, add the control plane to this policy's exceptions with a reason and an end date.";

export const controlPlane = objectRule<Config>({
    name: "identity-control-plane",
    area: "identity",
    title: "The control plane has no insecure settings, and all of its values are readable by policies",
    severity: "critical",
    why: "a single value of istiod can override, for the whole mesh, every policy in its namespaces",
    remediation: "Keep Istio's defaults for these settings. Write the values in the program, not in files.",
    appliesTo: MESH_CONFIG_HOLDERS,
    defaults: { ...NO_EXCEPTIONS, knownKeysOnly: false },
    schema: {
        exceptions: EXCEPTIONS_SCHEMA,
        knownKeysOnly: {
            type: "boolean",
            description: "report keys that are not in the MeshConfig of Istio 1.31, which istiod ignores",
        },
    },
    examples: {
        noncompliant: `
apiVersion: sailoperator.io/v1
kind: Istio
metadata: { name: default }
spec: { namespace: istio-system, values: { meshConfig: { pathNormalization: { normalization: NONE } } } }
`,
        compliant: `
apiVersion: sailoperator.io/v1
kind: Istio
metadata: { name: default }
spec: { namespace: istio-system, values: { meshConfig: { pathNormalization: { normalization: MERGE_SLASHES } } } }
`,
    },
    *evaluate(subject, config) {
        const sources = meshConfigsOf(subject);
        const checkedSources = sources.filter(
            ({ namespace }) => !isExcepted(config, { namespace, name: subject.name }),
        );
        yield* allViolations([
            ...checkedSources.flatMap((source) => [
                () => evaluateSettings(subject, source.path, source.config, INSECURE_MESH_CONFIG, FIX),
                () => evaluateSettings(subject, source.valuesPath, source.values, INSECURE_CHART_VALUES, FIX),
                () => evaluateAnnotations(subject, source),
                () => evaluateVariables(subject, source),
                () => (config.knownKeysOnly ? evaluateKeys(subject, source) : []),
            ]),
            () =>
                evaluateSettings(
                    subject,
                    "data.values",
                    injectorValuesOf(subject),
                    INSECURE_CHART_VALUES,
                    FIX,
                ),
            () => evaluateUnreadable(subject, sources),
        ]);
    },
});

function* evaluateKeys(subject: Subject, { path, written }: MeshConfigSource): Iterable<Violation> {
    for (const key of unknownKeys(written, "MeshConfig")) {
        yield {
            subject,
            problem: `${path}.${key} is not a field of MeshConfig, so istiod ignores it`,
            fix: "correct or remove it.",
        };
    }
}

function* evaluateUnreadable(subject: Subject, sources: readonly MeshConfigSource[]): Iterable<Violation> {
    if (sources.length === 0) return;
    const installs = HELM_INSTALLERS.includes(subject.id) ? helmInstallsOf(subject) : [];
    const unreadable = [
        ...sources.flatMap((source) => source.unreadable),
        ...installs.flatMap((install) => install.unreadable),
    ];
    for (const field of new Set(unreadable)) {
        yield {
            subject,
            problem: `${field} changes the control plane, and no policy can read it`,
            fix: "write the values in the object itself.",
        };
    }
}

/** Annotations that the injector adds to every pod. */
function* evaluateAnnotations(
    subject: Subject,
    { values, valuesPath }: MeshConfigSource,
): Iterable<Violation> {
    const annotations = labelsAt(values, "sidecarInjectorWebhook", "injectedAnnotations");
    for (const name of Object.keys(annotations)) {
        if (!/^(traffic\.)?sidecar\.istio\.io\/|^proxy\.istio\.io\/|^inject\.istio\.io\//.test(name))
            continue;
        yield {
            subject,
            problem: `${valuesPath}.sidecarInjectorWebhook.injectedAnnotations has ${name}, which changes the sidecar of every pod`,
            fix: "remove it. If one workload needs it, annotate that workload.",
        };
    }
}

function* evaluateVariables(subject: Subject, { variables }: MeshConfigSource): Iterable<Violation> {
    for (const { path, name, value } of variables) {
        if (value === undefined) {
            yield {
                subject,
                problem: `${path} reads ${name} from another object, which no policy can check`,
                fix: "write its value under `env`.",
            };
            continue;
        }
        const dangerous = DANGEROUS_VARIABLES[name];
        if (dangerous?.isOpen(value) !== true) continue;
        yield { subject, problem: `${path} is ${value}, so ${dangerous.effect}`, fix: FIX };
    }
}
