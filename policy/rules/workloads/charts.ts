import { isGateway, isOfIstio, type Value, valuesOf } from "../../core/charts";
import { EXCEPTION_FIELDS, type Exception, holds } from "../../core/exceptions";
import { fields, list, says, text, texts } from "../../core/read";
import { each, type Findings, stackRule } from "../../core/rule";
import { CHARTS, type Subject } from "../../core/subject";
import { type World } from "../../core/world";

interface ValueException extends Exception {
    /** Of the value that may be as it is, without `values.` before it. */
    readonly value: string;
}

interface Config {
    readonly exceptions: readonly ValueException[];
    readonly system: readonly string[];
}

export const charts = stackRule<Config>({
    name: "workloads-charts",
    area: "workloads",
    title: "A chart's values leave its pods in the mesh, without rights on the node or in the cluster",
    severity: "critical",
    why: "what a chart makes of its values no policy sees before it runs: a value that opens a pod is the pod that is open",
    remedy: "Leave out values that take pods out of the mesh, or give them the node, the proxy's user or rights on everything.",
    judges: CHARTS,
    defaults: { exceptions: [], system: ["kube-system"] },
    schema: {
        exceptions: {
            type: "array",
            description: "values that may be as they are, each with a reason and its last day",
            items: {
                type: "object",
                additionalProperties: false,
                required: ["namespace", "name", "value", "reason", "until"],
                properties: {
                    namespace: { type: "string" },
                    name: { type: "string", description: "of the release" },
                    value: { type: "string", description: "the value's path, such as podLabels" },
                    ...EXCEPTION_FIELDS,
                },
            },
        },
        system: {
            type: "array",
            items: { type: "string" },
            description: "namespaces of what runs the nodes themselves",
        },
    },
    examples: {
        refused: `
type: kubernetes:helm.sh/v3:Release
name: jobs
properties:
  name: jobs
  namespace: shop
  chart: oci://registry.example.com/charts/jobs
  values: { worker: { podLabels: { sidecar.istio.io/inject: "false" }, hostNetwork: true }, rbac: { rules: [{ apiGroups: ["*"], resources: ["*"], verbs: ["*"] }] } }
`,
        accepted: `
type: kubernetes:helm.sh/v3:Release
name: jobs
properties:
  name: jobs
  namespace: shop
  chart: oci://registry.example.com/charts/jobs
  values: { worker: { podLabels: { team: shop }, hostNetwork: false }, rbac: { rules: [{ apiGroups: [""], resources: [configmaps], verbs: [get] }] } }
`,
    },
    *judgeStack(world, config) {
        yield* each(world.all(...CHARTS), function* (subject) {
            if (config.system.includes(subject.namespace)) return;
            yield* judgeUnread(world, subject, config);
            for (const value of valuesOf(subject)) {
                const follows = whatFollows(value) ?? ofGateway(value, isGateway(world, subject));
                if (follows === undefined || isMeant(config, subject, value.path)) continue;
                yield {
                    subject,
                    wrong: `${value.path} is ${said(value.value)}, ${follows}`,
                    fix: "remove it; where it is meant, list the value under this policy's exceptions.",
                };
            }
        });
    },
});

/** What changes a chart's objects where no policy reads it. */
function* judgeUnread(world: World, subject: Subject, config: Config): Findings {
    if (!isOfIstio(world, subject) && !world.isMeshed(subject.namespace)) return;
    for (const field of ["postrender", "postRenderer", "valueYamlFiles"]) {
        if (!says(subject.props[field]) || isMeant(config, subject, field)) continue;
        yield {
            subject,
            wrong: `${field} changes what the chart makes, and no policy reads it`,
            fix: "write the values in `values`.",
        };
    }
}

function isMeant({ exceptions }: Config, { namespace, name }: Subject, path: string): boolean {
    return holds(
        exceptions.filter(
            (exception) =>
                exception.namespace === namespace &&
                exception.name === name &&
                path.replace(/^values\./, "") === exception.value,
        ),
    );
}

function said(value: unknown): string {
    return text(value) === undefined ? "set" : JSON.stringify(value);
}

/** Fields of pods, wherever a chart has them, with what is open in a value. */
function whatFollows({ key, value, above }: Value): string | undefined {
    const is = (...words: readonly string[]): boolean => words.includes((text(value) ?? "").toLowerCase());
    switch (key) {
        case "sidecar.istio.io/inject":
            return is("true") ? undefined : "so its pods get no sidecar";
        case "hostNetwork":
        case "hostPID":
        case "hostIPC":
            return is("true") ? "so its pods share the node's own" : undefined;
        case "privileged":
        case "allowPrivilegeEscalation":
            return is("true") ? "so a container may take the node" : undefined;
        case "runAsNonRoot":
            return is("false") ? "so its containers may run as root" : undefined;
        case "runAsUser":
        case "runAsGroup":
            if (is("1337")) return "which is the proxy's own, whose traffic passes no sidecar";
            return is("0") ? "which is root" : undefined;
        case "runAsRoot":
            return is("true") ? "so its containers run as root" : undefined;
        case "hostPath":
            return says(value) ? "so its pods read the node's files" : undefined;
        case "add":
            return above.at(-1) === "capabilities" && texts(value).some((one) => !HARMLESS.has(one))
                ? "which gives its containers rights on the node's network or kernel"
                : undefined;
        case "rules":
        case "extraRules":
        case "additionalRules":
        case "extraClusterRoleRules":
            return grantsEverything(value)
                ? "which gives its account rights on everything of a kind"
                : undefined;
        default:
            return ofAnnotation(key, text(value) ?? "");
    }
}

const HARMLESS: ReadonlySet<string> = new Set(["NET_BIND_SERVICE"]);

/** Annotations of pods that undo their sidecar. */
function ofAnnotation(key: string, value: string): string | undefined {
    if (key.startsWith("traffic.sidecar.istio.io/exclude") && value !== "") return PASSES;
    if (key.startsWith("traffic.sidecar.istio.io/include") && value !== "*") return PASSES;
    if (key === "sidecar.istio.io/interceptionMode" && value === "NONE") return PASSES;
    return OTHER_PROXY.has(key) && value !== ""
        ? "which changes or replaces the proxy of its pods"
        : undefined;
}

const PASSES = "so that traffic passes no sidecar";

const OTHER_PROXY: ReadonlySet<string> = new Set([
    "inject.istio.io/templates",
    "istio.io/reroute-virtual-interfaces",
    "k8s.v1.cni.cncf.io/networks",
    "proxy.istio.io/overrides",
    "sidecar.istio.io/bootstrapOverride",
    "sidecar.istio.io/proxyImage",
    "sidecar.istio.io/userVolume",
    "sidecar.istio.io/userVolumeMount",
]);

/** Rules of a role: everything, or what is as good as everything. */
function grantsEverything(value: unknown): boolean {
    return list(value).some((rule) => {
        const of = (field: string): readonly string[] => texts(fields(rule)[field]);
        const verbs = of("verbs");
        const resources = of("resources");
        return (
            verbs.includes("*") ||
            resources.includes("*") ||
            of("apiGroups").includes("*") ||
            verbs.some((verb) => ["bind", "escalate", "impersonate"].includes(verb)) ||
            resources.some((resource) => POWERFUL.test(resource))
        );
    });
}

const POWERFUL =
    /^(secrets|serviceaccounts\/token|pods\/(exec|attach|portforward|ephemeralcontainers)|nodes\/proxy)$/;

/** What changes a gateway's proxy, in values of Istio's gateway chart. */
function ofGateway({ key, value, above }: Value, isGatewayChart: boolean): string | undefined {
    if (!isGatewayChart || !says(value)) return undefined;
    const top = above.length === 1;
    if (top && PARTS.has(key))
        return "so the gateway's pods run, mount or read something besides Istio's proxy";
    if (top && key === "networkGateway")
        return "so the gateway routes to every Service of the mesh by its name";
    if (above[1] !== "env" || above.length !== 2) return undefined;
    return PROXY_SETTINGS.has(key) ? undefined : "which changes what the gateway's proxy is to istiod";
}

const PARTS: ReadonlySet<string> = new Set([
    "_internal_defaults_do_not_set",
    "additionalContainers",
    "envVarFrom",
    "initContainers",
    "volumeMounts",
    "volumes",
]);

/** Variables of a gateway's proxy that say how it drains. */
const PROXY_SETTINGS: ReadonlySet<string> = new Set([
    "EXIT_ON_ZERO_ACTIVE_CONNECTIONS",
    "GOMAXPROCS",
    "GOMEMLIMIT",
    "MINIMUM_DRAIN_DURATION",
    "TERMINATION_DRAIN_DURATION_SECONDS",
]);
