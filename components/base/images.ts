/**
 * The images that the program names, and their digests. The version of a chart pins the images that only the chart
 * names.
 */
import type { MeshConfig } from "../../config/schema";
import { componentVersionsOf } from "../../config/istio";
import { AUTOSCALER, AWS_PRIVATE_CA_ISSUER } from "../../config/versions";
import { limitedByPlan } from "./limiter";
import type { Platform } from "./platform";

type ImageConfig = Pick<MeshConfig, "images">;

/** The image with its digest, if the stack lists one. */
export function pinned(image: string, config: ImageConfig): string {
    const digest = pinOf(image, config);
    return digest === undefined ? image : `${image}@${digest}`;
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

/** The repository of the cluster autoscaler's image in its chart. */
const AUTOSCALER_REPOSITORY = "registry.k8s.io/autoscaling/cluster-autoscaler";

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
        ...(cluster.from === "eks" ? [`${AUTOSCALER_REPOSITORY}:${AUTOSCALER.image}`] : []),
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

/** The tag of the autoscaler's image, with the digest if the stack lists one. */
export function autoscalerTag(config: ImageConfig): string {
    return repositoryAndTag(pinned(`${AUTOSCALER_REPOSITORY}:${AUTOSCALER.image}`, config)).tag;
}

/** Reports images without a digest if digests are required, and digests of images that the stack does not run. */
export function imageProblems(platform: Platform): string[] {
    const { images } = platform.config;
    const named = namedImages(platform);
    const open =
        images.digests === "optional"
            ? []
            : named.filter((image) => !image.includes("@") && pinOf(image, platform.config) === undefined);
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
    ];
}
