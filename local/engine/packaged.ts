/**
 * Helm releases, and components of Pulumi packages that consist of one. Only the CLI can run a component's provider plugin:
 * the in-process engine resolves the component to the release that the plugin would register (ADR 19).
 */
import { type Registration } from "./program/protocol";

export const RELEASE = "kubernetes:helm.sh/v3:Release";
const CERT_MANAGER = "kubernetes-cert-manager:index:CertManager";

type Inputs = Readonly<Record<string, unknown>>;

export function isReleaseType(type: string): boolean {
    return type === RELEASE || type === CERT_MANAGER;
}

/** The inputs of the release that a resource is or creates; undefined for other resources. */
export function releaseInputs({
    type,
    inputs,
    packaged,
}: Pick<Registration, "type" | "inputs" | "packaged">): Inputs | undefined {
    switch (type) {
        case RELEASE:
            return inputs;
        case CERT_MANAGER:
            return packaged ?? certManagerRelease(inputs);
        default:
            return undefined;
    }
}

/**
 * As in the provider (github.com/pulumi/pulumi-go-helmbase 0.2.0, `InitDefaults`): the component's arguments are the chart's
 * values and override those of `helmOptions`, which can also override chart and repository.
 */
function certManagerRelease({ helmOptions, ...values }: Inputs): Inputs {
    const { values: defaultValues, ...options } = (helmOptions ?? {}) as { values?: Inputs } & Inputs;
    const setValues = Object.entries(values).filter(
        ([key, value]) => value !== undefined && key !== "status",
    );
    // The provider decodes `resources` into a type with all fields, so that an absent list becomes an empty one.
    const resources = values["resources"] as Inputs | undefined;
    const decoded = resources === undefined ? {} : { resources: { claims: [], ...resources } };
    return {
        chart: "cert-manager",
        repositoryOpts: { repo: "https://charts.jetstack.io" },
        ...options,
        values: { ...defaultValues, ...Object.fromEntries(setValues), ...decoded },
    };
}

/** The name of the release that a component registers as its child. */
export function childName(name: string): string {
    return `${name}-helm`;
}
