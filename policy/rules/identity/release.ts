/** Whether what is installed is a release of Istio: its images, with the defaults of its own version. */
import { EXCEPTION_FIELDS, type Exception, holds } from "../../core/exceptions";
import { type HelmInstall, HELM_INSTALLERS, helmInstallsOf } from "../../core/helm-installs";
import { MESH_CONFIG_HOLDERS, meshConfigsOf } from "../../core/mesh-config";
import { at, text, textAt } from "../../core/read";
import { type Finding, objectRule } from "../../core/rule";
import { type Subject } from "../../core/subject";

interface Registry extends Pick<Exception, "reason" | "until"> {
    readonly registry: string;
}

interface Choice extends Pick<Exception, "reason" | "until"> {
    readonly value: string;
}

interface Config {
    readonly registries: readonly Registry[];
    readonly defaults: readonly Choice[];
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

/** Istio's other charts that bring a proxy, or what captures for it. Those of other projects have no `hub`. */
const CHARTS_OF_ISTIO = /^(istio-)?(cni|ztunnel|gateway)$/;

/** Where charts of Istio name a registry, below their values. */
const HUBS: readonly string[] = ["hub", "global.hub", "pilot.hub", "cni.hub", "repair.hub"];

/** Where they name a whole image: with a registry where the text has a slash. */
const IMAGES: readonly string[] = ["image", "pilot.image", "global.proxy.image", "global.proxy_init.image"];

const CHOICES: readonly (readonly [path: string, isPlain: (value: string) => boolean, effect: string])[] = [
    [
        "profile",
        (value) => PROFILES.test(value),
        "which sets values that stand in no object, and that no policy reads",
    ],
    [
        "compatibilityVersion",
        (value) => value === "",
        "which brings back what that version did, without the protections that came later",
    ],
];

export const istioRelease = objectRule<Config>({
    name: "identity-istio-release",
    area: "identity",
    title: "The control plane and the proxies are Istio's own images, with the defaults of their version",
    severity: "critical",
    why: "an image of another registry is another program in front of every pod; a profile or an older version's compatibility changes what no policy reads",
    remedy: "Take images from Istio's registries and leave `profile` and `compatibilityVersion` out; list a mirror of your own under `registries`.",
    judges: [...new Set([...MESH_CONFIG_HOLDERS, ...HELM_INSTALLERS])],
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
            for (const [path, isPlain, effect] of CHOICES) {
                const value = textAt(values, path);
                if (value === undefined || isPlain(value)) continue;
                if (holds(config.defaults.filter((listed) => listed.value === value))) continue;
                yield {
                    subject,
                    wrong: `${valuesPath}.${path} is ${JSON.stringify(value)}, ${effect}`,
                    fix: "remove it, or list the value under `defaults` of this policy with a reason and an end date.",
                };
            }
        }
        yield* judgeOperator(subject, config);
        if (sources.length > 0 || !HELM_INSTALLERS.includes(subject.id)) return;
        for (const install of helmInstallsOf(subject).filter(isIstios))
            yield* judgeImages(subject, install.values, install.valuesPath, config);
    },
});

/** The IstioOperator names both beside its values. */
function* judgeOperator(subject: Subject, config: Config): Iterable<Finding> {
    if (subject.id !== "install.istio.io/IstioOperator") return;
    yield* judgeImages(subject, { hub: subject.spec["hub"] }, "spec", config);
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
            wrong: `${base}.${path} is ${JSON.stringify(value)}, which is no registry of Istio's`,
            fix: `take the image from ${ISTIOS_OWN[0] ?? ""}, or list the registry under \`registries\` of this policy with a reason and an end date.`,
        };
    }
}
