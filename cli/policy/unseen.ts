/** What a program registers without saying what it is made of: a provider makes that, in an engine. */
import { type Diagnostic, type JudgedResource } from "./protocol";

const MADE_BY_PROVIDER: ReadonlySet<string> = new Set([
    "kubernetes:helm.sh/v4:Chart",
    "kubernetes:kustomize/v2:Directory",
    "kubernetes:yaml/v2:ConfigFile",
    "kubernetes:yaml/v2:ConfigGroup",
]);

/** A note for each of `resources` whose objects no policy sees here. `pulumi preview --policy-pack` shows them all. */
export function unseen(resources: readonly JudgedResource[]): readonly Diagnostic[] {
    return resources
        .filter(({ type }) => MADE_BY_PROVIDER.has(type))
        .map(({ urn, type, name }) => ({
            policy: "mesh policy",
            level: "advisory",
            urn,
            message:
                `${type} ${name}: its provider makes objects of it that only an engine shows, so they are not judged here.\n` +
                "  Fix: judge them by `pulumi preview --policy-pack policy`.",
        }));
}
