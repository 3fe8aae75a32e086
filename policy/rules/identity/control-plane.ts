import { EXCEPTIONS_SCHEMA, isExcepted, NO_EXCEPTIONS, type WithExceptions } from "../../core/exceptions";
import { isIstiod, MESH_CONFIG_HOLDERS, type MeshConfigSource, meshConfigsOf } from "../../core/mesh-config";
import { at, labelsAt, list, says, textAt, texts } from "../../core/read";
import { type Finding, objectRule } from "../../core/rule";
import { type Subject } from "../../core/subject";

interface Switch {
    /** Under the MeshConfig, or the values. */
    readonly path: string;
    readonly isOpen: (value: unknown) => boolean;
    readonly follows: string;
}

const isText =
    (...wanted: readonly string[]) =>
    (value: unknown): boolean =>
        wanted.includes(String(value).toLowerCase());

/** What Go reads as a boolean, which is how istiod and its chart read them. */
const TRUE = ["true", "t", "1"];
const FALSE = ["false", "f", "0"];

const OF_MESH_CONFIG: readonly Switch[] = [
    {
        path: "trustDomainAliases",
        isOpen: says,
        follows: "workloads of another trust domain have the identities of this one",
    },
    {
        path: "caCertificates",
        isOpen: says,
        follows: "whoever holds those roots makes identities of this mesh",
    },
    {
        path: "ca.address",
        isOpen: says,
        follows: "another authority than istiod gives out identities",
    },
    {
        path: "discoverySelectors",
        isOpen: says,
        follows: "istiod sees no policy of the namespaces that they leave out",
    },
    {
        path: "pathNormalization.normalization",
        isOpen: isText("none", "1"),
        follows: "/a/../admin passes a rule for /a",
    },
    {
        path: "defaultConfig.interceptionMode",
        isOpen: isText("none", "2"),
        follows: "no pod's traffic is led through its sidecar",
    },
];

const OF_VALUES: readonly Switch[] = [
    {
        path: "sidecarInjectorWebhook.neverInjectSelector",
        isOpen: says,
        follows: "pods that it selects get no sidecar, whatever their namespace asks for",
    },
    {
        path: "sidecarInjectorWebhook.defaultTemplates",
        isOpen: (value) => says(value) && !texts(value).includes("sidecar"),
        follows: "pods are injected with something else than a sidecar",
    },
    {
        path: "sidecarInjectorWebhook.templates",
        isOpen: says,
        follows: "what is injected is not Istio's own template, and no policy reads it",
    },
    {
        path: "_internal_defaults_do_not_set",
        isOpen: says,
        follows: "the chart takes from there what no policy reads",
    },
    {
        path: "global.caAddress",
        isOpen: says,
        follows: "another authority than istiod gives out identities",
    },
    {
        path: "global.proxy.image",
        isOpen: (value) => says(value) && !/(^|\/)proxyv2([:@]|$)/.test(String(value)),
        follows: "something else than Istio's proxy stands beside every pod",
    },
    {
        path: "global.proxy.autoInject",
        isOpen: isText("disabled"),
        follows: "no pod gets a sidecar unless it asks for one itself",
    },
    {
        path: "global.operatorManageWebhooks",
        isOpen: isText(...TRUE),
        follows: "the chart makes no webhook that injects",
    },
    {
        path: "global.omitSidecarInjectorConfigMap",
        isOpen: isText(...TRUE),
        follows: "the chart brings no template to inject",
    },
];

/** istiod's own variables, and what of them opens the mesh. */
const VARIABLES: Readonly<Record<string, readonly [open: readonly string[], follows: string]>> = {
    JWKS_RESOLVER_INSECURE_SKIP_VERIFY: [TRUE, "the keys of tokens come from whoever answers"],
    PILOT_SKIP_VALIDATE_TRUST_DOMAIN: [TRUE, "certificates of any trust domain are taken"],
    PILOT_ENABLE_XDS_IDENTITY_CHECK: [FALSE, "a proxy may ask for the configuration of another's identity"],
    XDS_AUTH: [FALSE, "whoever reaches istiod gets every proxy's configuration"],
    UNSAFE_ENABLE_ADMIN_ENDPOINTS: [TRUE, "istiod's debug port changes it from outside"],
};

export const controlPlane = objectRule<WithExceptions>({
    name: "identity-control-plane",
    area: "identity",
    title: "The control plane's own switches leave the mesh closed, and its values can be read",
    severity: "critical",
    why: "one value of istiod undoes for the whole mesh what every object of a namespace says",
    remedy: "Leave these switches at Istio's defaults, and give the values in the program, not in files.",
    judges: MESH_CONFIG_HOLDERS,
    defaults: NO_EXCEPTIONS,
    schema: { exceptions: EXCEPTIONS_SCHEMA },
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
        for (const source of meshConfigsOf(subject)) {
            if (isExcepted(config, { namespace: source.namespace, name: subject.name })) continue;
            yield* judgeSwitches(subject, source.path, source.config, OF_MESH_CONFIG);
            yield* judgeSwitches(subject, source.valuesPath, source.values, OF_VALUES);
            yield* judgeAnnotations(subject, source);
            yield* judgeVariables(subject, source);
        }
        if (!isIstiod(subject)) return;
        const unread = ["valueYamlFiles", "postrender", "postRenderer"].find((field) =>
            says(subject.props[field]),
        );
        if (unread === undefined) return;
        yield {
            subject,
            wrong: `${unread} changes what the chart makes, and no policy reads it`,
            fix: "write the values in `values`.",
        };
    },
});

function* judgeSwitches(
    subject: Subject,
    base: string,
    fields: unknown,
    switches: readonly Switch[],
): Iterable<Finding> {
    for (const { path, isOpen, follows } of switches) {
        const value = at(fields, ...path.split("."));
        if (value === undefined || !isOpen(value)) continue;
        const said = typeof value === "object" ? "set" : JSON.stringify(value);
        yield {
            subject,
            wrong: `${base}.${path} is ${said}, so ${follows}`,
            fix: "remove it; where it is meant, list the control plane under this policy's exceptions with a reason and an end date.",
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

function* judgeVariables(subject: Subject, { values, valuesPath }: MeshConfigSource): Iterable<Finding> {
    for (const place of ["env", "pilot.env"]) {
        for (const [name, [open, follows]] of Object.entries(VARIABLES)) {
            const said = textAt(at(values, ...place.split(".")), name);
            if (said === undefined || !open.includes(said.toLowerCase())) continue;
            yield {
                subject,
                wrong: `${valuesPath}.${place}.${name} is ${said}, so ${follows}`,
                fix: "remove it.",
            };
        }
    }
    for (const [index, variable] of list(at(values, "pilot", "envVarFrom")).entries()) {
        yield {
            subject,
            wrong: `${valuesPath}.pilot.envVarFrom[${index}] takes ${textAt(variable, "name") ?? "a variable"} from where no policy reads it`,
            fix: "write its value under `env`.",
        };
    }
}
