import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { digestOf, sourcesBelow } from "../lib/digest";
import { run } from "../lib/process";
import type { GoPart } from "./programs";
import type { ToolchainPart } from "./store";

/** The part with a Go main module's programs. */
export async function goPart(checkout: string, spec: GoPart): Promise<ToolchainPart> {
    const module = join(checkout, spec.module);
    const flags = buildFlags(spec);
    const sources = spec.isLocalSource ? await sourcesBelow(module, isBuilt) : await pins(module);
    return {
        name: spec.name,
        digest: digestOf({ sources, flags, programs: spec.programs }),
        expectedSeconds: spec.expectedSeconds,
        make: async (folder, report) => {
            // The user's GOFLAGS could change the build; GOCACHE and GOMODCACHE do not.
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

/** Flags of `go build` for reproducible builds without debug symbols. */
export function buildFlags({ variables = {}, tags = [] }: Pick<GoPart, "variables" | "tags">): string[] {
    const linker = ["-s", "-w", ...Object.entries(variables).map(([name, value]) => `-X ${name}=${value}`)];
    return [
        ...["-mod=readonly", "-trimpath", "-buildvcs=false", `-ldflags=${linker.join(" ")}`],
        ...(tags.length > 0 ? [`-tags=${tags.join(",")}`] : []),
    ];
}

/** The files that pin a module without sources. */
async function pins(module: string): Promise<Record<string, string>> {
    const read = (name: string): Promise<string> => readFile(join(module, name), "utf8");
    return { "go.mod": await read("go.mod"), "go.sum": await read("go.sum") };
}

/** Whether a source file is part of the program. */
function isBuilt(path: string): boolean {
    return /(\.go|^go\.mod|^go\.sum)$/.test(path) && !path.endsWith("_test.go");
}
