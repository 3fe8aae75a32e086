import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { digestOf, sourcesBelow } from "../digest";
import { run } from "../process";
import type { GoPart } from "./programs";
import type { Part } from "./store";

/** The part that holds a Go main module's programs. */
export async function goPart(checkout: string, spec: GoPart): Promise<Part> {
    const module = join(checkout, spec.module);
    const goMod = await readFile(join(module, "go.mod"), "utf8");
    const flags = buildFlags(spec, goMod);
    const sources = spec.ownSource
        ? await sourcesBelow(module)
        : { "go.mod": goMod, "go.sum": await readFile(join(module, "go.sum"), "utf8") };
    return {
        name: spec.name,
        digest: digestOf({ sources, flags, programs: spec.programs }),
        expectedSeconds: spec.expectedSeconds,
        make: async (folder, report) => {
            // GOFLAGS of the user's could change what is built; GOCACHE and GOMODCACHE stay the user's own.
            const env = { ...process.env, CGO_ENABLED: "0", GOFLAGS: "", GOWORK: "off" };
            for (const [program, source] of Object.entries(spec.programs)) {
                report(program);
                await run("go", ["build", ...flags, "-o", join(folder, program), source], {
                    cwd: module,
                    env,
                });
            }
        },
    };
}

/** The flags of `go build`: reproducible, without debugging symbols, and with the version where asked for. */
export function buildFlags(spec: Pick<GoPart, "stampedWith">, goMod: string): string[] {
    const linker = ["-s", "-w"];
    if (spec.stampedWith) linker.push(...versionFlags(requiredVersion(goMod, spec.stampedWith)));
    return ["-mod=readonly", "-trimpath", "-buildvcs=false", `-ldflags=${linker.join(" ")}`];
}

/**
 * The version in which a go.mod requires a module.
 *
 * @throws Error where it does not require it
 */
export function requiredVersion(goMod: string, module: string): string {
    const found = goMod
        .split("\n")
        .map((line) =>
            line
                .trim()
                .replace(/^require\s+/, "")
                .split(/\s+/),
        )
        .find(([path, version]) => path === module && version?.startsWith("v"));
    if (!found?.[1])
        throw new Error(`go.mod does not require ${module}: add it with "go get ${module}@<version>"`);
    return found[1];
}

function versionFlags(version: string): string[] {
    const [, major = "", minor = ""] = /^v(\d+)\.(\d+)\./.exec(version) ?? [];
    const values = { gitVersion: version, gitMajor: major, gitMinor: minor, gitTreeState: "clean" };
    return Object.entries(values).map(([name, value]) => `-X k8s.io/component-base/version.${name}=${value}`);
}
