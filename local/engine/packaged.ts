/**
 * Releases of Helm, and components of Pulumi's packages that are one underneath. A component's own provider is a plugin that
 * only the CLI has: here it is resolved to the release that the plugin would register (ADR 19).
 */
import { type Registration } from "./program/protocol";

export const RELEASE = "kubernetes:helm.sh/v3:Release";
const CERT_MANAGER = "kubernetes-cert-manager:index:CertManager";

type Inputs = Readonly<Record<string, unknown>>;

export function isReleaseType(type: string): boolean {
    return type === RELEASE || type === CERT_MANAGER;
}

/** The inputs of the release that a resource is or makes; undefined for all others. */
export function releaseInputs({ type, inputs }: Pick<Registration, "type" | "inputs">): Inputs | undefined {
    switch (type) {
        case RELEASE:
            return inputs;
        case CERT_MANAGER:
            return certManagerRelease(inputs);
        default:
            return undefined;
    }
}

/**
 * As the provider makes it (github.com/pulumi/pulumi-go-helmbase 0.2.0, `InitDefaults`): the component's arguments are the
 * chart's values, over those of `helmOptions`, which names chart and repository where the component's own are not meant.
 */
function certManagerRelease({ helmOptions, ...values }: Inputs): Inputs {
    const { values: weak, ...options } = (helmOptions ?? {}) as { values?: Inputs } & Inputs;
    const said = Object.entries(values).filter(([key, value]) => value !== undefined && key !== "status");
    return {
        chart: "cert-manager",
        repositoryOpts: { repo: "https://charts.jetstack.io" },
        ...options,
        values: { ...weak, ...Object.fromEntries(said) },
    };
}

/** The name of the release that a component registers as its child. */
export function childName(name: string): string {
    return `${name}-helm`;
}
