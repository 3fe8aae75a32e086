/** The images of a stack: their names, digests, and where nodes pull them. */
import { mirrored, namedImages, pinOf } from "../../components/shared/pods/images";
import type { Release } from "../../components/base/manifest";
import type { Platform } from "../../components/base/platform";
import { deriveAll } from "../../components/concerns";

export interface Image {
    /** With its tag. */
    readonly name: string;
    /** `sha256:…`, if the stack lists it or the name contains it. */
    readonly digest?: string;
    /** The name under which nodes pull it; differs from `name` if the stack has a mirror. */
    readonly pulledFrom: string;
}

export interface ImageList {
    readonly images: readonly Image[];
    /** Charts that name further images themselves, as `name version`. */
    readonly charts: readonly string[];
}

/** Charts for whose images the program sets names, or that have none. */
const NAMED_BY_PROGRAM: ReadonlySet<string> = new Set([
    "base",
    "cni",
    "istiod",
    "gateway",
    "cert-manager",
    "aws-privateca-issuer",
    "aws-load-balancer-controller",
    "cluster-autoscaler",
]);

export function listImages(platform: Platform): ImageList {
    const { config } = platform;
    const images = namedImages(platform).map((image): Image => {
        const [name = image, embedded] = image.split("@");
        const digest = embedded ?? pinOf(image, config);
        return { name, ...(digest === undefined ? {} : { digest }), pulledFrom: mirrored(name, config) };
    });
    const { image, loadTesterImage } = config.delivery;
    const named = new Set([
        ...NAMED_BY_PROGRAM,
        ...(image === undefined ? [] : ["flagger"]),
        ...(loadTesterImage === undefined ? [] : ["loadtester"]),
    ]);
    const charts = deriveAll(platform)
        .releases.map(chartOf)
        .filter(({ name }) => !named.has(name))
        .map(({ name, version }) => [name, version].join(" ").trim());
    return { images, charts: [...new Set(charts)].sort() };
}

function chartOf({ chart }: Release): { name: string; version: string } {
    const path =
        chart.from === "registry" ? chart.reference : chart.from === "folder" ? chart.path : chart.name;
    return {
        name: path.slice(path.lastIndexOf("/") + 1),
        version: chart.from === "folder" ? "" : chart.version,
    };
}
