import { EXCEPTIONS_SCHEMA, isExcepted, NO_EXCEPTIONS, type WithExceptions } from "../../core/exceptions";
import { HELM_INSTALLERS, helmInstallsOf } from "../../core/helm-installs";
import { injectorValuesOf } from "../../core/injector";
import { MESH_CONFIG_HOLDERS, type MeshConfigSource, meshConfigsOf } from "../../core/mesh-config";
import { unknownKeys } from "../../core/protojson";
import { labelsAt } from "../../core/read";
import { type Finding, inFull, objectRule } from "../../core/rule";
import { type Subject } from "../../core/subject";
import { judgeSwitches } from "../../core/switches";
import { MESH_SWITCHES, VALUES_SWITCHES } from "./mesh-switches";
import { DANGEROUS_VARIABLES } from "./variables";

interface Config extends WithExceptions {
    readonly knownKeysOnly: boolean;
}

const FIX =
    "remove it; where it is intended, list the control plane under this policy's exceptions with a reason and an end date.";

export const controlPlane = objectRule<Config>({
    name: "identity-control-plane",
    area: "identity",
    title: "The control plane's own switches leave the mesh closed, and its values can be read",
    severity: "critical",
    why: "one value of istiod undoes for the whole mesh what every object of a namespace says",
    remedy: "Leave these switches at Istio's defaults, and give the values in the program, not in files.",
    judges: MESH_CONFIG_HOLDERS,
    defaults: { ...NO_EXCEPTIONS, knownKeysOnly: false },
    schema: {
        exceptions: EXCEPTIONS_SCHEMA,
        knownKeysOnly: {
            type: "boolean",
            description: "refuse keys that the MeshConfig of Istio 1.31 does not have, which istiod ignores",
        },
    },
    examples: {
        refused: `
apiVersion: sailoperator.io/v1
kind: Istio
metadata: { name: default }
spec: { namespace: istio-system, values: { meshConfig: { pathNormalization: { normalization: NONE } } } }
`,
        accepted: `
apiVersion: sailoperator.io/v1
kind: Istio
metadata: { name: default }
spec: { namespace: istio-system, values: { meshConfig: { pathNormalization: { normalization: MERGE_SLASHES } } } }
`,
    },
    *judge(subject, config) {
        const sources = meshConfigsOf(subject);
        const judged = sources.filter(
            ({ namespace }) => !isExcepted(config, { namespace, name: subject.name }),
        );
        yield* inFull([
            ...judged.flatMap((source) => [
                () => judgeSwitches(subject, source.path, source.config, MESH_SWITCHES, FIX),
                () => judgeSwitches(subject, source.valuesPath, source.values, VALUES_SWITCHES, FIX),
                () => judgeAnnotations(subject, source),
                () => judgeVariables(subject, source),
                () => (config.knownKeysOnly ? judgeKeys(subject, source) : []),
            ]),
            () => judgeSwitches(subject, "data.values", injectorValuesOf(subject), VALUES_SWITCHES, FIX),
            () => judgeUnread(subject, sources),
        ]);
    },
});

function* judgeKeys(subject: Subject, { path, written }: MeshConfigSource): Iterable<Finding> {
    for (const key of unknownKeys(written, "MeshConfig")) {
        yield {
            subject,
            wrong: `${path}.${key} is no key of a MeshConfig, so istiod ignores it`,
            fix: "correct or remove it.",
        };
    }
}

function* judgeUnread(subject: Subject, sources: readonly MeshConfigSource[]): Iterable<Finding> {
    if (sources.length === 0) return;
    const installs = HELM_INSTALLERS.includes(subject.id) ? helmInstallsOf(subject) : [];
    const unread = [
        ...sources.flatMap((source) => source.unread),
        ...installs.flatMap((install) => install.unread),
    ];
    for (const field of new Set(unread)) {
        yield {
            subject,
            wrong: `${field} changes what the control plane is made of, and no policy reads it`,
            fix: "write the values in the object itself.",
        };
    }
}

/** What the injector writes on every pod. */
function* judgeAnnotations(subject: Subject, { values, valuesPath }: MeshConfigSource): Iterable<Finding> {
    const annotations = labelsAt(values, "sidecarInjectorWebhook", "injectedAnnotations");
    for (const name of Object.keys(annotations)) {
        if (!/^(traffic\.)?sidecar\.istio\.io\/|^proxy\.istio\.io\/|^inject\.istio\.io\//.test(name))
            continue;
        yield {
            subject,
            wrong: `${valuesPath}.sidecarInjectorWebhook.injectedAnnotations has ${name}, which changes the sidecar of every pod`,
            fix: "remove it; where one workload needs it, annotate that workload.",
        };
    }
}

function* judgeVariables(subject: Subject, { variables }: MeshConfigSource): Iterable<Finding> {
    for (const { path, name, value } of variables) {
        if (value === undefined) {
            yield {
                subject,
                wrong: `${path} takes ${name} from where no policy reads it`,
                fix: "write its value under `env`.",
            };
            continue;
        }
        const dangerous = DANGEROUS_VARIABLES[name];
        if (dangerous?.isOpen(value) !== true) continue;
        yield { subject, wrong: `${path} is ${value}, so ${dangerous.effect}`, fix: FIX };
    }
}
