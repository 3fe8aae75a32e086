import { mirror as mirrorSchema } from "../../config/images";
import { type ImageList, listImages } from "../images/list";
import { mirrorScript } from "../images/mirror-script";
import { loadPlatform } from "../lib/project";

interface ImagesOptions {
    readonly stack: string;
    readonly mirror?: string;
    readonly json?: true;
}

export function images({ stack, mirror, json }: ImagesOptions): void {
    const checked = mirrorSchema.optional().safeParse(mirror);
    if (!checked.success)
        throw new Error(`--mirror ${mirror ?? ""}: ${checked.error.issues[0]?.message ?? "is invalid"}`);
    if (json && mirror !== undefined)
        throw new Error(
            "--json and --mirror exclude each other: a script is not JSON. Leave one of them out.",
        );
    const list = listImages(loadPlatform(stack));
    process.stdout.write(
        json
            ? `${JSON.stringify({ stack, ...list })}\n`
            : mirror === undefined
              ? text(list)
              : mirrorScript(stack, list.images, mirror),
    );
}

function text({ images: all, charts }: ImageList): string {
    const lines = all.map(({ name, digest, pulledFrom }) =>
        [name, digest ?? "no digest", ...(pulledFrom === name ? [] : [`from ${pulledFrom}`])].join("  "),
    );
    const more = charts.length === 0 ? [] : ["", `Charts that name further images: ${charts.join(", ")}`];
    return `${[...lines, ...more].join("\n")}\n`;
}
