/** A shell script that copies a stack's images to a mirror. */
import { registryOf } from "../../components/shared/pods/images";
import type { Image } from "./list";

/** Amazon ECR: repositories must exist before an image is pushed. */
const ECR = /^\d{12}\.dkr\.ecr\.(?<region>[a-z0-9-]+)\.amazonaws\.com(\.cn)?(\/(?<path>.+))?$/;

/** @param mirror a registry, and optionally a path in it */
export function mirrorScript(stack: string, images: readonly Image[], mirror: string): string {
    const registries = [...new Set(images.map(({ name }) => registryOf(name)))].sort();
    return [
        "#!/bin/sh",
        `# Copies the images of the stack ${stack} to ${mirror}, with crane (https://github.com/google/go-containerregistry).`,
        `# Afterwards, in Pulumi.${stack}.yaml:`,
        "#   sparc-mesh:images:",
        "#     mirrors:",
        ...registries.map((registry) => `#       ${registry}: ${mirror}/${registry}`),
        "set -eu",
        ...images.flatMap((image) => [...createRepository(image, mirror), copy(image, mirror)]),
        "",
    ].join("\n");
}

function createRepository({ name }: Image, mirror: string): string[] {
    const { region, path } = ECR.exec(mirror)?.groups ?? {};
    if (region === undefined) return [];
    const repository = quoted([path, repositoryOf(name)].filter((part) => part !== undefined).join("/"));
    const at = `--region ${region}`;
    return [
        `aws ecr describe-repositories ${at} --repository-names ${repository} > /dev/null 2>&1 || ` +
            `aws ecr create-repository ${at} --repository-name ${repository} > /dev/null`,
    ];
}

/** Copies by digest if there is one: the tag may have moved since it was reviewed. */
function copy({ name, digest }: Image, mirror: string): string {
    const source = digest === undefined ? name : `${repositoryOf(name)}@${digest}`;
    return `crane copy ${quoted(source)} ${quoted(`${mirror}/${name}`)}`;
}

function repositoryOf(name: string): string {
    return name.slice(0, name.lastIndexOf(":"));
}

function quoted(text: string): string {
    return /^[\w./:@-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
