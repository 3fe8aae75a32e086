/**
 * The images that the program names, and their digests. The version of a chart pins the images that only the chart
 * names.
 */
import type { MeshConfig } from "../../../config/schema";
import { componentVersionsOf } from "../../../config/istio";
import { AUTOSCALER, AWS_PRIVATE_CA_ISSUER, LOAD_BALANCER_CONTROLLER } from "../../../config/versions";
import { limitedByPlan } from "../rate-limits/limiter";
import type { Platform } from "../../base/platform";

type ImageConfig = Pick<MeshConfig, "images">;

/** The image as nodes pull it: from the stack's mirror, if there is one, and with the digest that the stack lists. */
export function pinned(image: string, config: ImageConfig): string {
    const digest = pinOf(image, config);
    const source = mirrored(image, config);
    return digest === undefined ? source : `${source}@${digest}`;
}

/** A name that begins with a registry, in the stack's mirror of that registry. */
export function mirrored(name: string, { images: { mirrors } }: ImageConfig): string {
    const registry = registryOf(name);
    const mirror = Object.hasOwn(mirrors, registry) ? mirrors[registry] : undefined;
    return mirror === undefined ? name : `${mirror}${name.slice(registry.length)}`;
}

export function registryOf(name: string): string {
    return name.slice(0, Math.max(0, name.indexOf("/")));
}

/** The digest that the stack lists for an image; undefined if the reference already has one. */
export function pinOf(image: string, { images: { pins } }: ImageConfig): string | undefined {
    return Object.hasOwn(pins, image) ? pins[image] : undefined;
}

/** An image split into `repository` and `tag`, as charts take it: the digest is appended to the tag. */
export function repositoryAndTag(image: string): { repository: string; tag: string } {
    const at = image.indexOf("@");
    const end = image.lastIndexOf(":", at === -1 ? undefined : at);
    return { repository: image.slice(0, end), tag: image.slice(end + 1) };
}

/** One of a revision's images. */
export function istioImage(
    { istio }: Pick<MeshConfig, "istio">,
    program: "pilot" | "proxyv2",
    { tag, version }: MeshConfig["istio"]["revisions"][number],
): string {
    return `${istio.hub}/${program}:${tag ?? istio.tag ?? version}`;
}

/** The image of istio-cni, which all revisions share. */
export function cniImage({ istio }: Pick<MeshConfig, "istio">): string {
    return `${istio.hub}/install-cni:${istio.tag ?? componentVersionsOf(istio).cni}`;
}

export function certManagerImage(
    { certificates: { hub, tag } }: Pick<MeshConfig, "certificates">,
    program: "controller" | "webhook" | "cainjector" | "startupapicheck",
): string {
    return `${hub}/cert-manager-${program}:${tag}`;
}

/** The cluster autoscaler's image, in the repository of its chart. */
export const AUTOSCALER_IMAGE = `registry.k8s.io/autoscaling/cluster-autoscaler:${AUTOSCALER.image}`;

/** The AWS Load Balancer Controller's image. Chart and controller have the same version. */
export const LOAD_BALANCER_IMAGE = `public.ecr.aws/eks/aws-load-balancer-controller:v${LOAD_BALANCER_CONTROLLER}`;

/** The unique names of all images that the program names for a stack. */
export function namedImages(platform: Platform): string[] {
    const { config } = platform;
    const { certificates, cluster, delivery, edge, istio, observability, workloads } = config;
    const { mesh } = certificates;
    const names = [
        ...istio.revisions.flatMap((revision) => [
            istioImage(config, "pilot", revision),
            istioImage(config, "proxyv2", revision),
        ]),
        ...(istio.cni ? [cniImage(config)] : []),
        ...(["controller", "webhook", "cainjector"] as const).map((one) => certManagerImage(config, one)),
        ...(certificates.startupCheck ? [certManagerImage(config, "startupapicheck")] : []),
        ...(mesh.from === "aws-private-ca" ? [`${mesh.image}:${AWS_PRIVATE_CA_ISSUER}`] : []),
        ...(cluster.from === "eks" ? [AUTOSCALER_IMAGE, LOAD_BALANCER_IMAGE] : []),
        ...(limitedByPlan(platform).length > 0 ? [edge.rateLimit.image, edge.rateLimit.redisImage] : []),
        ...(observability.prometheus.from === "image" ? [observability.prometheus.image] : []),
        ...(workloads.standIns ? [workloads.image] : []),
        ...Object.values(workloads.services).flatMap((source) =>
            source.from === "image" ? [source.image, ...Object.values(source.versions)] : [],
        ),
        ...(delivery.enabled ? [delivery.image ?? [], delivery.loadTesterImage ?? []].flat() : []),
    ];
    return [...new Set(names)].sort();
}

/**
 * Reports images without a digest if digests are required, and digests and mirrors of images that the stack does not
 * run.
 */
export function imageProblems(platform: Platform): string[] {
    const { images } = platform.config;
    const named = namedImages(platform);
    const open =
        images.digests === "optional"
            ? []
            : named.filter((image) => !image.includes("@") && pinOf(image, platform.config) === undefined);
    const registries = [...new Set(named.map(registryOf))].sort();
    return [
        ...open.map(
            (image) =>
                `images.pins: ${image} has no digest, and images.digests is required; ` +
                `add images.pins["${image}"] with the output of \`crane digest ${image}\``,
        ),
        ...Object.keys(images.pins)
            .filter((image) => !named.includes(image))
            .map(
                (image) =>
                    `images.pins.${image}: the program names no such image in this stack; remove it, or correct name and tag ` +
                    `(named here: ${named.join(", ")})`,
            ),
        ...Object.keys(images.mirrors)
            .filter((registry) => !registries.includes(registry))
            .map(
                (registry) =>
                    `images.mirrors.${registry}: the program names no image of this registry; remove it, or correct its name ` +
                    `(registries of this stack: ${registries.join(", ")})`,
            ),
    ];
}
