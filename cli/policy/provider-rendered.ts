/** Resources whose objects only a provider renders, inside Pulumi's engine. */
import { type Diagnostic, type EvaluatedResource } from "./protocol";

const MADE_BY_PROVIDER: ReadonlySet<string> = new Set([
    "kubernetes:helm.sh/v4:Chart",
    "kubernetes:kustomize/v2:Directory",
    "kubernetes:yaml/v2:ConfigFile",
    "kubernetes:yaml/v2:ConfigGroup",
]);

/**
 * An advisory for each resource whose objects are not evaluated here. `pulumi preview --policy-pack` evaluates them.
 */
export function providerRendered(resources: readonly EvaluatedResource[]): readonly Diagnostic[] {
    return resources
        .filter(({ type }) => MADE_BY_PROVIDER.has(type))
        .map(({ urn, type, name }) => ({
            policy: "mesh policy",
            level: "advisory",
            urn,
            message:
                `${type} ${name}: only Pulumi's engine sees the objects that its provider renders, so they are not evaluated here.\n` +
                "  Fix: run `pulumi preview --policy-pack policy`.",
        }));
}
