/**
 * The Kubernetes objects that derivations return: plain data, typed by Kubernetes' OpenAPI (`kubernetes-types`) and
 * by the CRDs of the pinned Istio and cert-manager (`components/crds`). A kind that is not listed here cannot be
 * registered.
 */
import type { MutatingWebhookConfiguration } from "kubernetes-types/admissionregistration/v1";
import type { Deployment, StatefulSet } from "kubernetes-types/apps/v1";
import type { HorizontalPodAutoscaler } from "kubernetes-types/autoscaling/v2";
import type { CronJob, Job } from "kubernetes-types/batch/v1";
import type { ConfigMap, Namespace, Service, ServiceAccount } from "kubernetes-types/core/v1";
import type { NetworkPolicy } from "kubernetes-types/networking/v1";
import type { PodDisruptionBudget } from "kubernetes-types/policy/v1";
import type { ClusterRole, ClusterRoleBinding, Role, RoleBinding } from "kubernetes-types/rbac/v1";
import type { CanarySpec, MetricTemplateSpec } from "../crds/flagger";
import type {
    AuthorizationPolicySpec,
    DestinationRuleSpec,
    EnvoyFilterSpec,
    GatewaySpec,
    PeerAuthenticationSpec,
    RequestAuthenticationSpec,
    ServiceEntrySpec,
    SidecarSpec,
    TelemetrySpec,
    VirtualServiceSpec,
} from "../crds/istio";
import type { AWSPCAIssuerSpec } from "../crds/aws-privateca-issuer";
import type { CertificateSpec, ClusterIssuerSpec, IssuerSpec } from "../crds/cert-manager";

export interface Metadata {
    name: string;
    /** Absent for cluster-scoped objects. */
    namespace?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
}

/** A core object, with fields required that are optional in Kubernetes' types but always set here. */
type Core<Type, ApiVersion extends string, Kind extends string> = Omit<
    Type,
    "apiVersion" | "kind" | "metadata" | "status"
> & {
    apiVersion: ApiVersion;
    kind: Kind;
    metadata: Metadata;
};

interface Custom<ApiVersion extends string, Kind extends string, Spec> {
    apiVersion: ApiVersion;
    kind: Kind;
    metadata: Metadata & { namespace: string };
    spec: Spec;
}

export type NamespaceManifest = Core<Namespace, "v1", "Namespace">;
export type ConfigMapManifest = Core<ConfigMap, "v1", "ConfigMap">;
export type ServiceAccountManifest = Core<ServiceAccount, "v1", "ServiceAccount">;
export type ServiceManifest = Core<Service, "v1", "Service">;
export type DeploymentManifest = Core<Deployment, "apps/v1", "Deployment">;
export type StatefulSetManifest = Core<StatefulSet, "apps/v1", "StatefulSet">;
export type JobManifest = Core<Job, "batch/v1", "Job">;
export type CronJobManifest = Core<CronJob, "batch/v1", "CronJob">;
export type RoleManifest = Core<Role, "rbac.authorization.k8s.io/v1", "Role">;
export type RoleBindingManifest = Core<RoleBinding, "rbac.authorization.k8s.io/v1", "RoleBinding">;
export type ClusterRoleManifest = Core<ClusterRole, "rbac.authorization.k8s.io/v1", "ClusterRole">;
export type ClusterRoleBindingManifest = Core<
    ClusterRoleBinding,
    "rbac.authorization.k8s.io/v1",
    "ClusterRoleBinding"
>;
export type MutatingWebhookConfigurationManifest = Core<
    MutatingWebhookConfiguration,
    "admissionregistration.k8s.io/v1",
    "MutatingWebhookConfiguration"
>;
export type NetworkPolicyManifest = Core<NetworkPolicy, "networking.k8s.io/v1", "NetworkPolicy">;
export type PodDisruptionBudgetManifest = Core<PodDisruptionBudget, "policy/v1", "PodDisruptionBudget">;
export type HorizontalPodAutoscalerManifest = Core<
    HorizontalPodAutoscaler,
    "autoscaling/v2",
    "HorizontalPodAutoscaler"
>;

/**
 * A patch of a workload that another tool deploys: fields that the program adds by server-side apply, with a field
 * manager of its own, and removes when it no longer declares the patch. The kind is Pulumi's.
 */
export interface PodTemplatePatch {
    metadata: { labels: Record<string, string>; annotations?: Record<string, string> };
    spec: { serviceAccountName: string; serviceAccount: string };
}

interface Patch<ApiVersion extends string, Kind extends string, Spec> {
    apiVersion: ApiVersion;
    kind: Kind;
    metadata: Metadata & { namespace: string };
    spec: Spec;
}

export type WorkloadPatchManifest =
    | Patch<
          "apps/v1",
          "DeploymentPatch" | "StatefulSetPatch" | "DaemonSetPatch",
          { template: PodTemplatePatch }
      >
    | Patch<"batch/v1", "CronJobPatch", { jobTemplate: { spec: { template: PodTemplatePatch } } }>;

export type AuthorizationPolicyManifest = Custom<
    "security.istio.io/v1",
    "AuthorizationPolicy",
    AuthorizationPolicySpec
>;
export type PeerAuthenticationManifest = Custom<
    "security.istio.io/v1",
    "PeerAuthentication",
    PeerAuthenticationSpec
>;
export type RequestAuthenticationManifest = Custom<
    "security.istio.io/v1",
    "RequestAuthentication",
    RequestAuthenticationSpec
>;
export type SidecarManifest = Custom<"networking.istio.io/v1", "Sidecar", SidecarSpec>;
export type GatewayManifest = Custom<"networking.istio.io/v1", "Gateway", GatewaySpec>;
export type VirtualServiceManifest = Custom<"networking.istio.io/v1", "VirtualService", VirtualServiceSpec>;
export type DestinationRuleManifest = Custom<
    "networking.istio.io/v1",
    "DestinationRule",
    DestinationRuleSpec
>;
export type ServiceEntryManifest = Custom<"networking.istio.io/v1", "ServiceEntry", ServiceEntrySpec>;
export type EnvoyFilterManifest = Custom<"networking.istio.io/v1alpha3", "EnvoyFilter", EnvoyFilterSpec>;
export type TelemetryManifest = Custom<"telemetry.istio.io/v1", "Telemetry", TelemetrySpec>;
export type CanaryManifest = Custom<"flagger.app/v1beta1", "Canary", CanarySpec>;
export type MetricTemplateManifest = Custom<"flagger.app/v1beta1", "MetricTemplate", MetricTemplateSpec>;

export type CertificateManifest = Custom<"cert-manager.io/v1", "Certificate", CertificateSpec>;
/** An AWSPCAIssuer, by aws-privateca-issuer. */
export type AwsPrivateCaIssuerManifest = Custom<
    "awspca.cert-manager.io/v1beta1",
    "AWSPCAIssuer",
    AWSPCAIssuerSpec
>;
export type IssuerManifest = Custom<"cert-manager.io/v1", "Issuer", IssuerSpec>;
export type ClusterIssuerManifest = Omit<
    Custom<"cert-manager.io/v1", "ClusterIssuer", ClusterIssuerSpec>,
    "metadata"
> & { metadata: Metadata };

export type CoreManifest =
    | ClusterRoleManifest
    | ClusterRoleBindingManifest
    | NamespaceManifest
    | ConfigMapManifest
    | CronJobManifest
    | ServiceAccountManifest
    | ServiceManifest
    | DeploymentManifest
    | HorizontalPodAutoscalerManifest
    | JobManifest
    | MutatingWebhookConfigurationManifest
    | NetworkPolicyManifest
    | PodDisruptionBudgetManifest
    | RoleManifest
    | RoleBindingManifest
    | StatefulSetManifest;

export type CustomManifest =
    | AuthorizationPolicyManifest
    | PeerAuthenticationManifest
    | RequestAuthenticationManifest
    | SidecarManifest
    | GatewayManifest
    | VirtualServiceManifest
    | DestinationRuleManifest
    | ServiceEntryManifest
    | EnvoyFilterManifest
    | TelemetryManifest
    | CanaryManifest
    | MetricTemplateManifest
    | AwsPrivateCaIssuerManifest
    | CertificateManifest
    | ClusterIssuerManifest
    | IssuerManifest;

export type Manifest = CoreManifest | CustomManifest | WorkloadPatchManifest;

/** The source of a Helm chart. */
export type Chart =
    /** A chart in an OCI registry, at an exact version. */
    | { readonly from: "registry"; readonly reference: string; readonly version: string }
    /** A chart in a repository of the older kind, at an exact version. */
    | {
          readonly from: "repository";
          readonly repository: string;
          readonly name: string;
          readonly version: string;
      }
    /** A chart in a folder, for machines without a registry. */
    | {
          readonly from: "folder";
          readonly path: string;
          /** The chart's name. @default the folder's */
          readonly name?: string;
      };

/** A Helm release, as plain data. */
export interface Release {
    readonly name: string;
    readonly namespace: string;
    readonly chart: Chart;
    /** The Pulumi component that installs it. @default none: a plain Helm release */
    readonly component?: "cert-manager";
    readonly values: Readonly<Record<string, unknown>>;
    /** Whether it has a Service whose address clients know and that would be lost with the release. @default false */
    readonly keepsAddress?: boolean;
    /** Names of releases of the same concern that must be installed first. */
    readonly after: readonly string[];
}

/** The releases and objects that a concern adds to the cluster. */
export interface Derived {
    readonly releases: readonly Release[];
    readonly objects: readonly Manifest[];
}

/**
 * `namespace/Kind/name`, or `_cluster/Kind/name`: unique among all objects of a stack, across the API groups in use.
 */
export function manifestKey({ kind, metadata }: Manifest): string {
    return `${metadata.namespace ?? "_cluster"}/${kind}/${metadata.name}`;
}

export function isPatch(object: Manifest): object is WorkloadPatchManifest {
    return object.kind.endsWith("Patch");
}

/** The kind of the object that a patch changes. */
export function patchedKind({ kind }: WorkloadPatchManifest): string {
    return kind.replace(/Patch$/, "");
}
