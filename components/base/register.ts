/** The only place at which plain objects become Pulumi resources. */
import * as k8s from "@pulumi/kubernetes";
import { CertManager } from "@pulumi/kubernetes-cert-manager/certManager";
import * as pulumi from "@pulumi/pulumi";
import {
    type Chart,
    type CoreManifest,
    type Derived,
    isPatch,
    type Manifest,
    patchedKind,
    type Release,
    type WorkloadPatchManifest,
} from "./manifest";
import { unknownCase } from "../../catalogue/never";
import { definesSubsetsFor } from "./subsets";

type Constructor = new (
    name: string,
    args: never,
    options: pulumi.CustomResourceOptions,
) => pulumi.CustomResource;

const CORE: Record<CoreManifest["kind"], Constructor> = {
    ClusterRole: k8s.rbac.v1.ClusterRole,
    ClusterRoleBinding: k8s.rbac.v1.ClusterRoleBinding,
    ConfigMap: k8s.core.v1.ConfigMap,
    CronJob: k8s.batch.v1.CronJob,
    Deployment: k8s.apps.v1.Deployment,
    HorizontalPodAutoscaler: k8s.autoscaling.v2.HorizontalPodAutoscaler,
    Job: k8s.batch.v1.Job,
    MutatingWebhookConfiguration: k8s.admissionregistration.v1.MutatingWebhookConfiguration,
    Namespace: k8s.core.v1.Namespace,
    NetworkPolicy: k8s.networking.v1.NetworkPolicy,
    PodDisruptionBudget: k8s.policy.v1.PodDisruptionBudget,
    Role: k8s.rbac.v1.Role,
    RoleBinding: k8s.rbac.v1.RoleBinding,
    Service: k8s.core.v1.Service,
    ServiceAccount: k8s.core.v1.ServiceAccount,
    StatefulSet: k8s.apps.v1.StatefulSet,
};

/** Deleting a patch releases its fields: the object stays. */
const PATCHES: Record<WorkloadPatchManifest["kind"], Constructor> = {
    CronJobPatch: k8s.batch.v1.CronJobPatch,
    DaemonSetPatch: k8s.apps.v1.DaemonSetPatch,
    DeploymentPatch: k8s.apps.v1.DeploymentPatch,
    StatefulSetPatch: k8s.apps.v1.StatefulSetPatch,
};

/** Kinds whose deletion loses data, addresses or other people's objects. */
const PROTECTED_KINDS: ReadonlySet<Manifest["kind"]> = new Set(["Namespace"]);

export interface RegisterOptions {
    readonly parent: pulumi.ComponentResource;
    /** Resources that must exist first. */
    readonly dependsOn: readonly pulumi.Resource[];
    /** Whether Pulumi refuses to delete namespaces and releases that keep an address. */
    readonly protect: boolean;
    /** Whether an object of the concern must exist before another, and outlive it. @default none */
    readonly precedes?: ((other: Manifest, object: Manifest) => boolean) | undefined;
    /** Objects of other concerns that each object must follow. @default none */
    readonly followed?: ((object: Manifest) => readonly pulumi.Resource[]) | undefined;
    /** The concern that registered the objects in earlier releases, whose state has them. @default none */
    readonly formerly?: { readonly name: string; readonly component: string } | undefined;
}

export interface RegisteredAll {
    readonly releases: readonly pulumi.Resource[];
    readonly objects: readonly { readonly object: Manifest; readonly resource: pulumi.Resource }[];
}

/**
 * Registers all of `derived` as children of `parent`: first the releases in the order of their dependencies, then the
 * objects, each of which depends on all releases, whose CRDs and webhooks it may need.
 */
export function registerAll(name: string, derived: Derived, options: RegisterOptions): RegisteredAll {
    const releases = new Map<string, pulumi.Resource>();
    for (const release of derived.releases) {
        const after = release.after.map((other) => {
            const resource = releases.get(other);
            if (resource !== undefined) return resource;
            throw new pulumi.ResourceError(
                `release "${release.name}" must come after "${other}", which is not registered before it`,
                options.parent,
            );
        });
        releases.set(
            release.name,
            registerRelease(name, release, {
                parent: options.parent,
                dependsOn: [...options.dependsOn, ...after],
                protect: options.protect && release.keepsAddress === true,
            }),
        );
    }
    const dependsOn = [...options.dependsOn, ...releases.values()];
    const objects: { object: Manifest; resource: pulumi.Resource }[] = [];
    for (const object of inDependencyOrder(derived.objects)) {
        const before = objects.filter(
            ({ object: other }) =>
                definesSubsetsFor(other, object) || options.precedes?.(other, object) === true,
        );
        const resource = registerObject(name, object, {
            ...options,
            dependsOn: [
                ...dependsOn,
                ...before.map(({ resource: one }) => one),
                ...(options.followed?.(object) ?? []),
            ],
        });
        objects.push({ object, resource });
    }
    return { releases: [...releases.values()], objects };
}

/** Sorts objects that others of the concern depend on to the front. */
function inDependencyOrder(objects: readonly Manifest[]): Manifest[] {
    const rank = ({ kind }: Manifest) => (kind === "DestinationRule" ? 0 : 1);
    return objects.toSorted((a, b) => rank(a) - rank(b));
}

function registerRelease(
    name: string,
    { name: release, namespace, chart, component, values }: Release,
    options: pulumi.CustomResourceOptions,
): pulumi.Resource {
    const helm = {
        name: release,
        namespace,
        // The program creates the namespaces with their labels; a chart must not create one without them.
        createNamespace: false,
        atomic: true,
        timeout: 600,
    };
    const resourceName = `${name}-${release}`;
    if (component === "cert-manager") {
        return new CertManager(
            resourceName,
            { ...structuredClone(values), helmOptions: { ...helm, ...componentChart(chart) } },
            options,
        );
    }
    return new k8s.helm.v3.Release(
        resourceName,
        { ...helm, ...chartArguments(chart), values: structuredClone(values) },
        options,
    );
}

/** The chart's reference as a Helm release's arguments. */
function chartArguments(chart: Chart): {
    chart: string;
    version?: string;
    repositoryOpts?: { repo: string };
} {
    switch (chart.from) {
        case "repository":
            return {
                chart: chart.name,
                version: chart.version,
                repositoryOpts: { repo: chart.repository },
            };
        case "registry":
            return { chart: chart.reference, version: chart.version };
        case "folder":
            return { chart: chart.path };
        default:
            return unknownCase(chart);
    }
}

/** A Pulumi component defaults to its repository if none is set; a folder has none. */
function componentChart(chart: Chart): ReturnType<typeof chartArguments> {
    return { repositoryOpts: { repo: "" }, ...chartArguments(chart) };
}

function registerObject(
    name: string,
    object: Manifest,
    { parent, protect, dependsOn, formerly }: RegisterOptions,
): pulumi.Resource {
    const { namespace } = object.metadata;
    const nameAs = (concern: string) =>
        [concern, namespace, object.metadata.name].filter((part) => part !== undefined).join("-");
    const resourceName = nameAs(name);
    const resourceOptions = {
        parent,
        dependsOn: [...dependsOn],
        protect: protect && PROTECTED_KINDS.has(object.kind),
        ...(leavesReplicas(object) ? { ignoreChanges: ["spec.replicas"] } : {}),
        // Without the alias the engine would try to create an object that exists, and later delete it as the old one.
        ...(formerly === undefined
            ? {}
            : {
                  aliases: [
                      {
                          name: nameAs(formerly.name),
                          parent: pulumi.createUrn(formerly.name, `sparc:mesh:${formerly.component}`),
                      },
                  ],
              }),
    };
    if (isCore(object)) {
        return new CORE[object.kind](resourceName, structuredClone(object) as never, resourceOptions);
    }
    if (isPatch(object)) {
        const patch = { ...structuredClone(object), kind: patchedKind(object) };
        return new PATCHES[object.kind](resourceName, patch as never, resourceOptions);
    }
    return new k8s.apiextensions.CustomResource(resourceName, structuredClone(object), resourceOptions);
}

/**
 * Whether an autoscaler or Flagger manages the replicas. Server-side apply resets a field that the program no longer
 * sets to its default, 1. The provider keeps the live value of a field that `ignoreChanges` lists, and its manager
 * (pulumi-kubernetes, provider/pkg/await/await.go, `handleSSAIgnoreFields`).
 */
function leavesReplicas(object: Manifest): boolean {
    return object.kind === "Deployment" && object.spec?.replicas === undefined;
}

function isCore(object: Manifest): object is CoreManifest {
    return object.kind in CORE;
}
