/** Checks that what is installed is an Istio release: its images, with the defaults of that version. */
import { exceptionList, type Exception, anyInForce } from "../../core/exceptions";
import { type HelmInstall, HELM_INSTALLERS, helmInstallsOf } from "../../core/helm-installs";
import { MESH_CONFIG_HOLDERS, meshConfigsOf } from "../../core/mesh-config";
import { at, fields, list, text, textAt } from "../../core/read";
import { type Violation, objectRule } from "../../core/rule";
import { type Subject } from "../../core/subject";

interface Registry extends Pick<Exception, "reason" | "until"> {
    readonly registry: string;
}

interface AllowedDefault extends Pick<Exception, "reason" | "until"> {
    readonly value: string;
}

interface Config {
    readonly registries: readonly Registry[];
    readonly defaults: readonly AllowedDefault[];
}

/**
 * Registries of Istio's images (istio.io/latest/blog, "Istio image registries"). `istio` without a host is on
 * Docker Hub.
 */
const ISTIO_REGISTRIES: readonly string[] = [
    "docker.io/istio",
    "istio",
    "gcr.io/istio-release",
    "registry.istio.io/release",
];

/**
 * Profiles that adapt Istio to a platform or to ambient mode. Other profiles change defaults in ways that no
 * policy can read.
 */
const PROFILES = /^(|default|ambient|openshift|openshift-ambient|platform-[a-z0-9-]+)$/;

/** Sail objects that install the charts of the same name, with values at `spec.values`. */
const SAIL_CHART_KINDS: readonly string[] = ["sailoperator.io/IstioCNI", "sailoperator.io/ZTunnel"];

/**
 * Istio's other charts with a proxy or with traffic capture. Charts of other projects with these names have
 * no `hub`.
 */
const CHARTS_OF_ISTIO = /^(istio-)?(cni|ztunnel|gateway)$/;

/** Values of Istio's charts that set a registry. */
const HUBS: readonly string[] = ["hub", "global.hub", "pilot.hub", "cni.hub", "ztunnel.hub", "repair.hub"];

/**
 * Values that set a whole image, with a registry if the text contains a slash. The charts ztunnel and gateway
 * merge everything below `global` into their values (templates/zzz_profile.yaml), so that `global.image`
 * applies to them.
 */
const IMAGES: readonly string[] = [
    "image",
    "pilot.image",
    "cni.image",
    "ztunnel.image",
    "global.image",
    "global.proxy.image",
    "global.proxy_init.image",
    "global.agentgateway.image",
];

type Choice = readonly [path: string, isPlain: (value: string) => boolean, effect: string];

const HIDDEN_VALUES_EFFECT = "which sets values that are in no object and that no policy can read";

const COMPATIBILITY: Choice = [
    "compatibilityVersion",
    (value) => value === "",
    "which restores the behavior of that version, without later security fixes",
];

/**
 * Values of a chart. templates/zzz_profile.yaml also reads `profile` below `global`, but not
 * `compatibilityVersion`.
 */
const CHOICES: readonly Choice[] = [
    ["profile", (value) => PROFILES.test(value), HIDDEN_VALUES_EFFECT],
    ["global.profile", (value) => PROFILES.test(value), HIDDEN_VALUES_EFFECT],
    COMPATIBILITY,
];

/**
 * Fields of an operator's object next to its values. `minimal` and `empty` install fewer components with the
 * same defaults.
 */
const OPERATOR_CHOICES: readonly Choice[] = [
    ["profile", (value) => PROFILES.test(value) || /^(minimal|empty)$/.test(value), HIDDEN_VALUES_EFFECT],
    COMPATIBILITY,
    [
        "installPackagePath",
        (value) => value === "",
        "which installs charts and profiles that are not part of the Istio release",
    ],
];

/** Operator objects: of istioctl (operator/pkg/apis/types.go of Istio), and of Sail. */
const OPERATOR_KINDS: readonly string[] = [
    "install.istio.io/IstioOperator",
    "sailoperator.io/Istio",
    "sailoperator.io/IstioRevision",
    ...SAIL_CHART_KINDS,
];

export const istioRelease = objectRule<Config>({
    name: "identity-istio-release",
    area: "identity",
    title: "The control plane and the proxies use Istio's images and the defaults of their version",
    severity: "critical",
    why: "an image from another registry is a different program in front of every pod; a profile or a compatibility version changes settings that no policy can read",
    remediation:
        "Use images from Istio's registries, and omit `profile` and `compatibilityVersion`. List a mirror under `registries`.",
    appliesTo: [...new Set([...MESH_CONFIG_HOLDERS, ...HELM_INSTALLERS, ...SAIL_CHART_KINDS])],
    defaults: { registries: [], defaults: [] },
    schema: {
        registries: exceptionList("additional registries with Istio's images, such as a mirror", {
            registry: { type: "string", description: "as in `global.hub`" },
        }),
        defaults: exceptionList("allowed values of `profile` and `compatibilityVersion`", {
            value: { type: "string", description: "for example demo or 1.30" },
        }),
    },
    examples: {
        noncompliant: `
type: kubernetes:helm.sh/v3:Release
name: istiod
properties:
  name: istiod
  namespace: istio-system
  chart: oci://ghcr.io/istio/release/charts/istiod
  values: { global: { hub: registry.example.net/istio }, compatibilityVersion: "1.20" }
`,
        compliant: `
type: kubernetes:helm.sh/v3:Release
name: istiod
properties:
  name: istiod
  namespace: istio-system
  chart: oci://ghcr.io/istio/release/charts/istiod
  values: { global: { hub: docker.io/istio }, profile: platform-gke }
`,
    },
    *evaluate(subject, config) {
        const sources = meshConfigsOf(subject);
        for (const { values, valuesPath } of sources) {
            yield* evaluateImages(subject, values, valuesPath, config);
            yield* evaluateChoices(subject, values, valuesPath, CHOICES, config);
        }
        if (OPERATOR_KINDS.includes(subject.id)) yield* evaluateOperator(subject, config);
        if (sources.length > 0 || !HELM_INSTALLERS.includes(subject.id)) return;
        for (const { values, valuesPath } of helmInstallsOf(subject).filter(isIstioChart)) {
            yield* evaluateImages(subject, values, valuesPath, config);
            yield* evaluateChoices(subject, values, valuesPath, CHOICES, config);
        }
    },
});

/**
 * Fields next to `spec.values`: IstioOperator has registries for all components and for each one, and all
 * operators have a profile.
 */
function* evaluateOperator(subject: Subject, config: Config): Iterable<Violation> {
    const { spec } = subject;
    if (SAIL_CHART_KINDS.includes(subject.id)) {
        yield* evaluateImages(subject, spec["values"], "spec.values", config);
        yield* evaluateChoices(subject, spec["values"], "spec.values", CHOICES, config);
    }
    yield* evaluateChoices(subject, spec, "spec", OPERATOR_CHOICES, config);
    yield* evaluateImages(subject, { hub: spec["hub"] }, "spec", config);
    for (const [name, component] of Object.entries(fields(spec["components"]))) {
        const base = `spec.components.${name}`;
        if (!Array.isArray(component)) yield* evaluateImages(subject, component, base, config);
        for (const [index, gateway] of list(component).entries())
            yield* evaluateImages(subject, gateway, `${base}[${index}]`, config);
    }
}

function* evaluateChoices(
    subject: Subject,
    values: unknown,
    base: string,
    choices: readonly Choice[],
    { defaults }: Config,
): Iterable<Violation> {
    for (const [path, isPlain, effect] of choices) {
        const value = textAt(values, ...path.split("."));
        if (value === undefined || isPlain(value)) continue;
        if (anyInForce(defaults.filter((listed) => listed.value === value))) continue;
        yield {
            subject,
            problem: `${base}.${path} is ${JSON.stringify(value)}, ${effect}`,
            fix: "remove it, or list the value under `defaults` of this policy with a reason and an end date.",
        };
    }
}

function isIstioChart({ chart }: HelmInstall): boolean {
    const last =
        chart
            .replace(/[@?#].*$/, "")
            .split("/")
            .at(-1) ?? "";
    return CHARTS_OF_ISTIO.test(last.replace(/-\d[\w.-]*\.tgz$/, ""));
}

function* evaluateImages(
    subject: Subject,
    values: unknown,
    base: string,
    { registries }: Config,
): Iterable<Violation> {
    const listed = registries.filter((one) => anyInForce([one])).map(({ registry }) => registry);
    const known = [...ISTIO_REGISTRIES, ...listed];
    for (const path of [...HUBS, ...IMAGES]) {
        const value = text(at(values, ...path.split(".")));
        if (value === undefined || value === "") continue;
        const isHub = HUBS.includes(path);
        if (!isHub && !value.includes("/")) continue;
        if (known.some((registry) => (isHub ? value === registry : value.startsWith(`${registry}/`))))
            continue;
        yield {
            subject,
            problem: `${base}.${path} is ${JSON.stringify(value)}, which is not a registry of Istio`,
            fix: `use the image from ${ISTIO_REGISTRIES[0] ?? ""}, or list the registry under \`registries\` of this policy with a reason and an end date.`,
        };
    }
}
