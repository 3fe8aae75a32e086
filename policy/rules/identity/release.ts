/** Whether what is installed is a release of Istio: its images, with the defaults of its own version. */
import { EXCEPTION_FIELDS, type Exception, holds } from "../../core/exceptions";
import { type HelmInstall, HELM_INSTALLERS, helmInstallsOf } from "../../core/helm-installs";
import { MESH_CONFIG_HOLDERS, meshConfigsOf } from "../../core/mesh-config";
import { at, fields, list, text, textAt } from "../../core/read";
import { type Finding, objectRule } from "../../core/rule";
import { type Subject } from "../../core/subject";

interface Registry extends Pick<Exception, "reason" | "until"> {
    readonly registry: string;
}

interface Default extends Pick<Exception, "reason" | "until"> {
    readonly value: string;
}

interface Config {
    readonly registries: readonly Registry[];
    readonly defaults: readonly Default[];
}

/** Where Istio publishes its images (istio.io/latest/blog, "Istio image registries"). `istio` alone is Docker's. */
const ISTIOS_OWN: readonly string[] = [
    "docker.io/istio",
    "istio",
    "gcr.io/istio-release",
    "registry.istio.io/release",
];

/** Profiles that fit Istio to a platform or to ambient mode. Any other changes defaults that no policy reads. */
const PROFILES = /^(|default|ambient|openshift|openshift-ambient|platform-[a-z0-9-]+)$/;

/** Objects of Sail that install what the charts of the same names do, with values at `spec.values`. */
const OF_SAIL: readonly string[] = ["sailoperator.io/IstioCNI", "sailoperator.io/ZTunnel"];

/** Istio's other charts that bring a proxy, or what captures for it. Those of other projects have no `hub`. */
const CHARTS_OF_ISTIO = /^(istio-)?(cni|ztunnel|gateway)$/;

/** Values of Istio's charts that name a registry. */
const HUBS: readonly string[] = ["hub", "global.hub", "pilot.hub", "cni.hub", "ztunnel.hub", "repair.hub"];

/**
 * Values that name a whole image: with a registry where the text has a slash. The charts ztunnel and gateway take all that is
 * below `global` as their own values (templates/zzz_profile.yaml), so that `global.image` is theirs.
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

const HIDDEN = "which sets values that stand in no object, and that no policy reads";

const COMPATIBILITY: Choice = [
    "compatibilityVersion",
    (value) => value === "",
    "which restores that version's behavior, without the protections that came later",
];

/** Of a chart: templates/zzz_profile.yaml reads `profile` also below `global`, and `compatibilityVersion` does not. */
const CHOICES: readonly Choice[] = [
    ["profile", (value) => PROFILES.test(value), HIDDEN],
    ["global.profile", (value) => PROFILES.test(value), HIDDEN],
    COMPATIBILITY,
];

/** Of an operator's object, beside its values. `minimal` and `empty` install fewer components with the same defaults. */
const OPERATOR_CHOICES: readonly Choice[] = [
    ["profile", (value) => PROFILES.test(value) || /^(minimal|empty)$/.test(value), HIDDEN],
    COMPATIBILITY,
    [
        "installPackagePath",
        (value) => value === "",
        "which installs charts and profiles of another place than Istio's release",
    ],
];

/** Operators: of istioctl (operator/pkg/apis/types.go of Istio), and Sail. */
const OPERATED: readonly string[] = [
    "install.istio.io/IstioOperator",
    "sailoperator.io/Istio",
    "sailoperator.io/IstioRevision",
    ...OF_SAIL,
];

export const istioRelease = objectRule<Config>({
    name: "identity-istio-release",
    area: "identity",
    title: "The control plane and the proxies are Istio's own images, with the defaults of their version",
    severity: "critical",
    why: "an image of another registry is another program in front of every pod; a profile or an older version's compatibility changes what no policy reads",
    remedy: "Take images from Istio's registries and leave `profile` and `compatibilityVersion` out; list a mirror of your own under `registries`.",
    judges: [...new Set([...MESH_CONFIG_HOLDERS, ...HELM_INSTALLERS, ...OF_SAIL])],
    defaults: { registries: [], defaults: [] },
    schema: {
        registries: {
            type: "array",
            description: "registries besides Istio's own from which its images come, such as a mirror",
            items: {
                type: "object",
                additionalProperties: false,
                required: ["registry", "reason", "until"],
                properties: {
                    registry: { type: "string", description: "as `global.hub` has it" },
                    ...EXCEPTION_FIELDS,
                },
            },
        },
        defaults: {
            type: "array",
            description: "profiles and versions that `profile` and `compatibilityVersion` may name",
            items: {
                type: "object",
                additionalProperties: false,
                required: ["value", "reason", "until"],
                properties: {
                    value: { type: "string", description: "such as demo, or 1.30" },
                    ...EXCEPTION_FIELDS,
                },
            },
        },
    },
    examples: {
        refused: `
type: kubernetes:helm.sh/v3:Release
name: istiod
properties:
  name: istiod
  namespace: istio-system
  chart: oci://ghcr.io/istio/release/charts/istiod
  values: { global: { hub: registry.example.net/istio }, compatibilityVersion: "1.20" }
`,
        accepted: `
type: kubernetes:helm.sh/v3:Release
name: istiod
properties:
  name: istiod
  namespace: istio-system
  chart: oci://ghcr.io/istio/release/charts/istiod
  values: { global: { hub: docker.io/istio }, profile: platform-gke }
`,
    },
    *judge(subject, config) {
        const sources = meshConfigsOf(subject);
        for (const { values, valuesPath } of sources) {
            yield* judgeImages(subject, values, valuesPath, config);
            yield* judgeChoices(subject, values, valuesPath, CHOICES, config);
        }
        if (OPERATED.includes(subject.id)) yield* judgeOperator(subject, config);
        if (sources.length > 0 || !HELM_INSTALLERS.includes(subject.id)) return;
        for (const { values, valuesPath } of helmInstallsOf(subject).filter(isIstios)) {
            yield* judgeImages(subject, values, valuesPath, config);
            yield* judgeChoices(subject, values, valuesPath, CHOICES, config);
        }
    },
});

/** Fields beside `spec.values`: IstioOperator has registries for all and for each component, and all operators have a profile. */
function* judgeOperator(subject: Subject, config: Config): Iterable<Finding> {
    const { spec } = subject;
    if (OF_SAIL.includes(subject.id)) {
        yield* judgeImages(subject, spec["values"], "spec.values", config);
        yield* judgeChoices(subject, spec["values"], "spec.values", CHOICES, config);
    }
    yield* judgeChoices(subject, spec, "spec", OPERATOR_CHOICES, config);
    yield* judgeImages(subject, { hub: spec["hub"] }, "spec", config);
    for (const [name, component] of Object.entries(fields(spec["components"]))) {
        const base = `spec.components.${name}`;
        if (!Array.isArray(component)) yield* judgeImages(subject, component, base, config);
        for (const [index, gateway] of list(component).entries())
            yield* judgeImages(subject, gateway, `${base}[${index}]`, config);
    }
}

function* judgeChoices(
    subject: Subject,
    values: unknown,
    base: string,
    choices: readonly Choice[],
    { defaults }: Config,
): Iterable<Finding> {
    for (const [path, isPlain, effect] of choices) {
        const value = textAt(values, ...path.split("."));
        if (value === undefined || isPlain(value)) continue;
        if (holds(defaults.filter((listed) => listed.value === value))) continue;
        yield {
            subject,
            wrong: `${base}.${path} is ${JSON.stringify(value)}, ${effect}`,
            fix: "remove it, or list the value under `defaults` of this policy with a reason and an end date.",
        };
    }
}

function isIstios({ chart }: HelmInstall): boolean {
    const last =
        chart
            .replace(/[@?#].*$/, "")
            .split("/")
            .at(-1) ?? "";
    return CHARTS_OF_ISTIO.test(last.replace(/-\d[\w.-]*\.tgz$/, ""));
}

function* judgeImages(
    subject: Subject,
    values: unknown,
    base: string,
    { registries }: Config,
): Iterable<Finding> {
    const listed = registries.filter((one) => holds([one])).map(({ registry }) => registry);
    const known = [...ISTIOS_OWN, ...listed];
    for (const path of [...HUBS, ...IMAGES]) {
        const value = text(at(values, ...path.split(".")));
        if (value === undefined || value === "") continue;
        const isHub = HUBS.includes(path);
        if (!isHub && !value.includes("/")) continue;
        if (known.some((registry) => (isHub ? value === registry : value.startsWith(`${registry}/`))))
            continue;
        yield {
            subject,
            wrong: `${base}.${path} is ${JSON.stringify(value)}, which is not a registry of Istio's`,
            fix: `take the image from ${ISTIOS_OWN[0] ?? ""}, or list the registry under \`registries\` of this policy with a reason and an end date.`,
        };
    }
}
