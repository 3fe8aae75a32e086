/** Converts registered resources to requests to the cluster. */
import { type Planned, type Registration } from "./program/protocol";
import { PATCH_MANAGER } from "./kube/ownership";
import { type InventoryEntry, patchRef, type Ref, releaseRef } from "./ref";
import type { KubeObject } from "../lib/kube-object";
import { isReleaseType, releaseInputs } from "./packaged";

export function isDestinationRule({ apiVersion, kind }: KubeObject): boolean {
    return kind === "DestinationRule" && apiVersion.startsWith("networking.istio.io/");
}

export interface ReleaseRequest {
    readonly name: string;
    readonly namespace: string;
    /** A folder, chart name or chart reference. */
    readonly chart: string;
    readonly version?: string;
    /** The URL of the chart's repository, unless it is an OCI registry. */
    readonly repository?: string;
    readonly values: Readonly<Record<string, unknown>>;
    readonly createNamespace: boolean;
    readonly atomic: boolean;
    readonly wait: boolean;
    readonly skipCrds: boolean;
    /** Seconds. */
    readonly timeout: number;
}

export type ResourceRequest =
    | { readonly is: "object"; readonly entry: InventoryEntry; readonly object: KubeObject }
    /** A patch of an object that another tool deploys. */
    | { readonly is: "patch"; readonly entry: InventoryEntry; readonly object: KubeObject }
    | { readonly is: "release"; readonly entry: InventoryEntry; readonly release: ReleaseRequest }
    /** Providers, components and the stack: nothing in the cluster. */
    | { readonly is: "nothing" };

/** A resource that only the Pulumi CLI can deploy. */
export class UnsupportedError extends Error {
    constructor(what: string) {
        super(`the in-process engine cannot deploy ${what}`);
        this.name = "UnsupportedError";
    }
}

/** Helm's default, in seconds. */
const HELM_TIMEOUT = 300;

/** Types of the Kubernetes provider that are not a single object. */
const COMPOSITE = /^kubernetes:(helm\.sh|kustomize|yaml)[:/]/;

/** Options of a release that this engine supports. It rejects others, because ignoring them would deploy something else. */
const RELEASE_OPTIONS: ReadonlySet<string> = new Set([
    "atomic",
    "chart",
    "compat",
    "createNamespace",
    "name",
    "namespace",
    "repositoryOpts",
    "skipAwait",
    "skipCrds",
    "timeout",
    "values",
    "version",
]);

/** @throws UnsupportedError for resources that need the Pulumi CLI. */
export function requestOf(resource: Omit<Registration, "urn" | "dependencies">): ResourceRequest {
    const { type, custom, protect } = resource;
    if (type.startsWith("pulumi:")) return { is: "nothing" };
    const inputs = releaseInputs(resource);
    if (!custom && inputs === undefined && !COMPOSITE.test(type)) return { is: "nothing" };
    if (resource.importId !== undefined)
        throw new UnsupportedError(`imported resources or resources that the program reads (${type})`);
    if (inputs !== undefined) {
        const release = releaseOf(resource.name, inputs);
        return { is: "release", entry: { ...releaseRef(release.namespace, release.name), protect }, release };
    }
    if (!type.startsWith("kubernetes:") || COMPOSITE.test(type)) throw new UnsupportedError(type);
    const object = objectOf(resource);
    if (isPatchType(type, object.kind))
        return { is: "patch", entry: { ...patchRef(refOf(object)), protect }, object: patchOf(object) };
    return { is: "object", entry: { ...refOf(object), protect }, object };
}

/** The inventory entry of a planned resource; undefined if it has none or its name is not known yet. */
export function plannedEntry({
    type,
    protect,
    apiVersion,
    kind,
    namespace,
    name,
}: Planned): InventoryEntry | undefined {
    if (name === undefined) return undefined;
    if (isReleaseType(type)) return { ...releaseRef(namespace ?? "default", name), protect };
    if (!type.startsWith("kubernetes:") || apiVersion === undefined || kind === undefined) return undefined;
    const ref = refOf({
        apiVersion,
        kind,
        metadata: { name, ...(namespace === undefined ? {} : { namespace }) },
    });
    return { ...(isPatchType(type, kind) ? patchRef(ref) : ref), protect };
}

/** Whether it is a resource of Pulumi's that patches an object: `kubernetes:apps/v1:DeploymentPatch` of kind Deployment. */
function isPatchType(type: string, kind: string): boolean {
    return type.endsWith(`:${kind}Patch`);
}

const PATCH_OPTIONS = { manager: "pulumi.com/patchFieldManager", force: "pulumi.com/patchForce" } as const;

/**
 * The patch without Pulumi's annotations, which control the engine.
 *
 * @throws UnsupportedError for options that only the Pulumi CLI supports
 */
function patchOf(object: KubeObject): KubeObject {
    const { annotations = {}, ...metadata } = object.metadata;
    const { [PATCH_OPTIONS.manager]: manager, [PATCH_OPTIONS.force]: force, ...rest } = annotations;
    const unsupported = [
        ...(manager === PATCH_MANAGER ? [] : [`${PATCH_OPTIONS.manager} other than ${PATCH_MANAGER}`]),
        ...(force === undefined ? [] : [PATCH_OPTIONS.force]),
    ];
    if (unsupported.length > 0)
        throw new UnsupportedError(
            `the patch of ${object.kind} "${metadata.name}" with the annotation ${unsupported.join(" and ")}`,
        );
    return {
        ...object,
        metadata: { ...metadata, ...(Object.keys(rest).length > 0 ? { annotations: rest } : {}) },
    };
}

export function refOf({ apiVersion, kind, metadata: { name, namespace } }: KubeObject): Ref {
    return namespace === undefined ? { apiVersion, kind, name } : { apiVersion, kind, namespace, name };
}

function objectOf({ type, name, inputs }: Pick<Registration, "type" | "name" | "inputs">): KubeObject {
    const { apiVersion, kind, metadata } = inputs;
    const objectName = (metadata as { name?: unknown } | undefined)?.name;
    if (typeof apiVersion !== "string" || typeof kind !== "string") {
        throw new UnsupportedError(`${type} "${name}" without apiVersion and kind`);
    }
    if (typeof objectName !== "string") {
        throw new UnsupportedError(
            `${kind} "${name}" without metadata.name: a generated name would differ in every run`,
        );
    }
    return inputs as KubeObject;
}

function releaseOf(name: string, inputs: Readonly<Record<string, unknown>>): ReleaseRequest {
    const unknown = Object.keys(inputs).filter(
        (key) => inputs[key] !== undefined && inputs[key] !== null && !RELEASE_OPTIONS.has(key),
    );
    if (unknown.length > 0)
        throw new UnsupportedError(`the options ${unknown.join(", ")} of release "${name}"`);
    const { chart, repositoryOpts, timeout, version } = inputs;
    if (typeof inputs["name"] !== "string" || typeof chart !== "string") {
        throw new UnsupportedError(`release "${name}" without an explicit name and chart`);
    }
    const repository = (repositoryOpts as { repo?: unknown } | undefined)?.repo;
    return {
        name: inputs["name"],
        namespace: typeof inputs["namespace"] === "string" ? inputs["namespace"] : "default",
        chart,
        ...(typeof version === "string" ? { version } : {}),
        ...(typeof repository === "string" && repository !== "" ? { repository } : {}),
        values: (inputs["values"] ?? {}) as Record<string, unknown>,
        createNamespace: inputs["createNamespace"] === true,
        atomic: inputs["atomic"] === true,
        wait: inputs["skipAwait"] !== true,
        skipCrds: inputs["skipCrds"] === true,
        timeout: typeof timeout === "number" ? timeout : HELM_TIMEOUT,
    };
}
