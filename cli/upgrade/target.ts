/** The target revision of an upgrade, from the command's options. */
import { revision, versionInName } from "../../config/istio";
import { ISTIO_VERSION } from "../../config/versions";
import { type Revision, UpgradeError } from "./plan";

export interface TargetOptions {
    /** @default the newest release that the program knows */
    readonly to?: string;
    readonly istioVersion?: string;
    readonly tag?: string;
}

const OPTIONS: Readonly<Record<string, string>> = { name: "--to", version: "--istio-version", tag: "--tag" };

/**
 * The version comes from `--istio-version`, else from the stack's revision of that name, else from the name itself:
 * `1-32-0` is 1.32.0.
 *
 * @throws UpgradeError if the configuration schema rejects the revision: the plan would fail at its first step
 */
export function targetRevision(
    { to = revisionOf(ISTIO_VERSION), istioVersion, tag }: TargetOptions,
    known: readonly Revision[],
): Revision {
    const existing = known.find(({ name }) => name === to);
    const version = istioVersion ?? existing?.version ?? versionInName(to);
    if (version === undefined)
        throw new UpgradeError(
            `revision ${to} is not in the stack, and its name is not an Istio release. ` +
                "Add --istio-version <version>, such as 1.32.0, or name the revision after its release: --to 1-32-0",
        );
    const tagged = tag ?? existing?.tag;
    const target: Revision = { name: to, version, ...(tagged === undefined ? {} : { tag: tagged }) };
    const { error } = revision.safeParse(target);
    if (error === undefined) return target;
    const problems = error.issues.map(
        ({ path, message }) => `  - ${OPTIONS[String(path[0])] ?? "--to"}: ${message}`,
    );
    throw new UpgradeError(`invalid Istio revision:\n${problems.join("\n")}`);
}

/** The name of a release's revision: 1.32.0 is `1-32-0`. */
export function revisionOf(version: string): string {
    return version.replaceAll(".", "-");
}
