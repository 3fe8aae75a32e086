import { isGateway, isOfIstio, type ChartValue, valuesOf } from "../../core/charts";
import { exceptionList, type Exception, anyInForce } from "../../core/exceptions";
import { fields, list, isNonEmpty, text, texts } from "../../core/read";
import { each, type Violations, stackRule } from "../../core/rule";
import { CHARTS, type Subject } from "../../core/subject";
import { type StackResources } from "../../core/stack-resources";

interface ValueException extends Exception {
    /** Path of the allowed value, without the prefix `values.`. */
    readonly value: string;
}

interface Config {
    readonly exceptions: readonly ValueException[];
    readonly system: readonly string[];
}

export const charts = stackRule<Config>({
    name: "workloads-charts",
    area: "workloads",
    title: "A chart's values keep its pods in the mesh, without privileges on the node or in the cluster",
    severity: "critical",
    why: "no policy sees a chart's rendered pods before they run, so an insecure value is an insecure pod",
    remediation:
        "Remove values that take pods out of the mesh, or give them access to the node, the proxy's user ID or wildcard permissions.",
    appliesTo: CHARTS,
    defaults: { exceptions: [], system: ["kube-system"] },
    schema: {
        exceptions: exceptionList("allowed values, each with a reason and an end date", {
            namespace: { type: "string" },
            name: { type: "string", description: "name of the release" },
            value: { type: "string", description: "path of the value, for example podLabels" },
        }),
        system: {
            type: "array",
            items: { type: "string" },
            description: "namespaces of system components on the nodes",
        },
    },
    examples: {
        noncompliant: `
type: kubernetes:helm.sh/v3:Release
name: jobs
properties:
  name: jobs
  namespace: shop
  chart: oci://registry.example.com/charts/jobs
  values: { worker: { podLabels: { sidecar.istio.io/inject: "false" }, hostNetwork: true }, rbac: { rules: [{ apiGroups: ["*"], resources: ["*"], verbs: ["*"] }] } }
`,
        compliant: `
type: kubernetes:helm.sh/v3:Release
name: jobs
properties:
  name: jobs
  namespace: shop
  chart: oci://registry.example.com/charts/jobs
  values: { worker: { podLabels: { team: shop }, hostNetwork: false }, rbac: { rules: [{ apiGroups: [""], resources: [configmaps], verbs: [get] }] } }
`,
    },
    *evaluateStack(stack, config) {
        yield* each(stack.all(...CHARTS), function* (subject) {
            if (config.system.includes(subject.namespace)) return;
            yield* evaluateUnreadable(stack, subject, config);
            for (const value of valuesOf(subject)) {
                const effect = effectOf(value) ?? effectOnGateway(value, isGateway(stack, subject));
                if (effect === undefined || isListed(config, subject, value.path)) continue;
                yield {
                    subject,
                    problem: `${value.path} is ${shownValue(value.value)}, ${effect}`,
                    fix: "remove it. If it is intended, add the value to this policy's exceptions.",
                };
            }
        });
    },
});

/** Inputs that change a chart's objects and that no policy can read. */
function* evaluateUnreadable(stack: StackResources, subject: Subject, config: Config): Violations {
    if (!isOfIstio(stack, subject) && !stack.isMeshed(subject.namespace)) return;
    for (const field of ["postrender", "postRenderer", "valueYamlFiles"]) {
        if (!isNonEmpty(subject.props[field]) || isListed(config, subject, field)) continue;
        yield {
            subject,
            problem: `${field} changes the chart's objects, and no policy can read it`,
            fix: "write the values in `values`.",
        };
    }
}

function isListed({ exceptions }: Config, { namespace, name }: Subject, path: string): boolean {
    return anyInForce(
        exceptions.filter(
            (exception) =>
                exception.namespace === namespace &&
                exception.name === name &&
                path.replace(/^values\./, "") === exception.value,
        ),
    );
}

function shownValue(value: unknown): string {
    return text(value) === undefined ? "set" : JSON.stringify(value);
}

/** Fields of pods, at any path in a chart, with the effect of an insecure value. */
function effectOf({ key, value, above }: ChartValue): string | undefined {
    const is = (...words: readonly string[]): boolean => words.includes((text(value) ?? "").toLowerCase());
    switch (key) {
        case "sidecar.istio.io/inject":
            return is("true") ? undefined : "so its pods get no sidecar";
        case "hostNetwork":
        case "hostPID":
        case "hostIPC":
            return is("true") ? "so its pods share the host's namespaces" : undefined;
        case "privileged":
        case "allowPrivilegeEscalation":
            return is("true") ? "so a container can take over the node" : undefined;
        case "runAsNonRoot":
            return is("false") ? "so its containers can run as root" : undefined;
        case "runAsUser":
        case "runAsGroup":
            if (is("1337")) return "which is the proxy's ID, whose traffic bypasses the sidecar";
            return is("0") ? "which is root" : undefined;
        case "runAsRoot":
            return is("true") ? "so its containers run as root" : undefined;
        case "hostPath":
            return isNonEmpty(value) ? "so its pods can access the node's files" : undefined;
        case "add":
            return above.at(-1) === "capabilities" && texts(value).some((one) => !HARMLESS.has(one))
                ? "which gives its containers privileges on the node's network or kernel"
                : undefined;
        case "rules":
        case "extraRules":
        case "additionalRules":
        case "extraClusterRoleRules":
            return grantsEverything(value)
                ? "which grants its service account permissions on all resources of a kind"
                : undefined;
        default:
            return effectOfAnnotation(key, text(value) ?? "");
    }
}

const HARMLESS: ReadonlySet<string> = new Set(["NET_BIND_SERVICE"]);

/** Pod annotations that disable or change the sidecar. */
function effectOfAnnotation(key: string, value: string): string | undefined {
    if (key.startsWith("traffic.sidecar.istio.io/exclude") && value !== "") return BYPASSES;
    if (key.startsWith("traffic.sidecar.istio.io/include") && value !== "*") return BYPASSES;
    if (key === "sidecar.istio.io/interceptionMode" && value === "NONE") return BYPASSES;
    return PROXY_OVERRIDES.has(key) && value !== ""
        ? "which changes or replaces the proxy of its pods"
        : undefined;
}

const BYPASSES = "so that traffic bypasses the sidecar";

const PROXY_OVERRIDES: ReadonlySet<string> = new Set([
    "inject.istio.io/templates",
    "istio.io/reroute-virtual-interfaces",
    "k8s.v1.cni.cncf.io/networks",
    "proxy.istio.io/overrides",
    "sidecar.istio.io/bootstrapOverride",
    "sidecar.istio.io/proxyImage",
    "sidecar.istio.io/userVolume",
    "sidecar.istio.io/userVolumeMount",
]);

/** Rules of a role that grant everything, or the equivalent of everything. */
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
            resources.some((resource) => DANGEROUS_RESOURCES.test(resource))
        );
    });
}

const DANGEROUS_RESOURCES =
    /^(secrets|serviceaccounts\/token|pods\/(exec|attach|portforward|ephemeralcontainers)|nodes\/proxy)$/;

/** Values of Istio's gateway chart that change the gateway's proxy. */
function effectOnGateway({ key, value, above }: ChartValue, isGatewayChart: boolean): string | undefined {
    if (!isGatewayChart || !isNonEmpty(value)) return undefined;
    const top = above.length === 1;
    if (top && EXTRA_POD_VALUES.has(key))
        return "so the gateway's pods run, mount or read more than Istio's proxy does";
    if (top && key === "networkGateway") return "so the gateway routes to every Service of the mesh by name";
    if (above[1] !== "env" || above.length !== 2) return undefined;
    return HARMLESS_VARIABLES.has(key) ? undefined : "which changes how istiod treats the gateway's proxy";
}

const EXTRA_POD_VALUES: ReadonlySet<string> = new Set([
    "_internal_defaults_do_not_set",
    "additionalContainers",
    "envVarFrom",
    "initContainers",
    "volumeMounts",
    "volumes",
]);

/** Variables of a gateway's proxy for draining and resources, and for the PROXY protocol on its status port. */
const HARMLESS_VARIABLES: ReadonlySet<string> = new Set([
    "ENVOY_STATUS_PORT_ENABLE_PROXY_PROTOCOL",
    "EXIT_ON_ZERO_ACTIVE_CONNECTIONS",
    "GOMAXPROCS",
    "GOMEMLIMIT",
    "MINIMUM_DRAIN_DURATION",
    "TERMINATION_DRAIN_DURATION_SECONDS",
]);
