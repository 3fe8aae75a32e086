/** The subject of an evaluation: a resource from the engine, with its Kubernetes name and kind. */
import { type Fields, fields, labelsAt, text, textAt, UnknownField } from "./read";

/** A resource from the SDK, with copied properties. */
export interface EngineResource {
    readonly urn: string;
    readonly type: string;
    readonly name: string;
    readonly props: unknown;
    /** URNs of the resources that a property's value comes from, by property; only available to stack policies. */
    readonly sources?: Readonly<Record<string, readonly string[]>>;
    /** The resource's provider, if the engine reports it. */
    readonly provider?: Provider;
}

export interface Provider {
    readonly urn: string;
    readonly props: Fields;
}

/** Former API groups: the same rules apply to clusters and charts that still use them. */
const MOVED_KINDS: Readonly<Record<string, string>> = {
    "extensions/DaemonSet": "apps/DaemonSet",
    "extensions/Deployment": "apps/Deployment",
    "extensions/Ingress": "networking.k8s.io/Ingress",
    "extensions/NetworkPolicy": "networking.k8s.io/NetworkPolicy",
    "extensions/ReplicaSet": "apps/ReplicaSet",
};

const subjects = new WeakMap<EngineResource, Subject>();

export class Subject {
    readonly urn: string;
    /**
     * `group/Kind` of a Kubernetes object in any API version (`core/Service`, `helm.sh/Release`); the Pulumi
     * type of anything else.
     */
    readonly id: string;
    readonly kind: string;
    readonly name: string;
    /**
     * Whether it changes some fields of an object that another program owns, so that absent fields have no
     * meaning.
     */
    readonly isPatch: boolean;
    readonly isKubernetes: boolean;
    /** The cluster of a Kubernetes object, derived from its provider; `""` if it is not known. */
    readonly cluster: string;
    readonly props: Fields;
    readonly sources: Readonly<Record<string, readonly string[]>>;
    private readonly namespaceOrUnknown: string | UnknownField;

    /** The cached subject of a resource, shared by all policies. Subjects are immutable. */
    static of(resource: EngineResource): Subject {
        const cached = subjects.get(resource) ?? new Subject(resource);
        subjects.set(resource, cached);
        return cached;
    }

    constructor({ urn, type, name, props, sources, provider }: EngineResource) {
        this.urn = urn;
        this.props = fields(props);
        this.sources = sources ?? {};
        const kubernetes = kindOf(type, this.props);
        this.isPatch = kubernetes?.patch ?? false;
        this.isKubernetes = kubernetes !== undefined;
        if (kubernetes === undefined) {
            this.id = type;
            this.kind = type;
            this.namespaceOrUnknown = "";
            this.name = name;
            this.cluster = "";
            return;
        }
        this.id = idOf(kubernetes);
        this.kind = kubernetes.kind;
        // Helm resources have name and namespace at the top level.
        const path = CHARTS.includes(this.id) ? [] : ["metadata"];
        const read = (field: string): string | undefined => textAt(this.props, ...path, field);
        const declared = known(() => read("name") ?? read("generateName"));
        this.name = typeof declared === "string" ? declared : name;
        this.cluster = clusterOf(provider);
        // The provider's default namespace applies to objects without one.
        const fallback = (): string => textAt(provider?.props, "namespace") ?? "default";
        this.namespaceOrUnknown = CLUSTER_WIDE.has(this.id)
            ? ""
            : known(() => read("namespace") ?? fallback());
    }

    /**
     * Of a Kubernetes object; `""` for cluster-scoped objects and for resources that are not Kubernetes
     * objects.
     * @throws UnknownField if it is unknown until the update
     */
    get namespace(): string {
        if (this.namespaceOrUnknown instanceof UnknownField) throw this.namespaceOrUnknown;
        return this.namespaceOrUnknown;
    }

    /** Whether the namespace is already known. */
    get hasKnownNamespace(): boolean {
        return !(this.namespaceOrUnknown instanceof UnknownField);
    }

    /** `namespace/Kind/name`; without the namespace if it is not known yet. */
    get key(): string {
        const namespace = this.namespaceOrUnknown instanceof UnknownField ? "" : this.namespaceOrUnknown;
        return [namespace, this.kind, this.name].filter((part) => part !== "").join("/");
    }

    get spec(): Fields {
        return fields(this.props["spec"]);
    }

    get labels(): Readonly<Record<string, string>> {
        return labelsAt(this.props, "metadata", "labels");
    }

    get annotations(): Readonly<Record<string, string>> {
        return labelsAt(this.props, "metadata", "annotations");
    }
}

/** Providers with the same kubeconfig and context belong to the same cluster. */
function clusterOf(provider: Provider | undefined): string {
    if (provider === undefined) return "";
    const parts = ["kubeconfig", "context", "cluster", "clusterIdentifier"];
    const read = known(() => parts.map((part) => textAt(provider.props, part) ?? "").join("\n"));
    return typeof read === "string" ? read : "";
}

/** The `id` of a resource, without creating a Subject. */
export function resourceId({ type, props }: Pick<EngineResource, "type" | "props">): string {
    const kubernetes = kindOf(type, fields(props));
    return kubernetes === undefined ? type : idOf(kubernetes);
}

function idOf({ group, kind }: { readonly group: string; readonly kind: string }): string {
    const id = `${group}/${kind}`;
    return MOVED_KINDS[id] ?? id;
}

/** Pulumi's Helm resources, which represent all objects of a chart. */
export const CHARTS: readonly string[] = ["helm.sh/Release", "helm.sh/Chart"];

/** Cluster-scoped kinds: those of Kubernetes, and common ones of other projects. */
const CLUSTER_WIDE: ReadonlySet<string> = new Set([
    "core/Namespace",
    "core/Node",
    "core/PersistentVolume",
    "admissionregistration.k8s.io/MutatingAdmissionPolicy",
    "admissionregistration.k8s.io/MutatingAdmissionPolicyBinding",
    "admissionregistration.k8s.io/MutatingWebhookConfiguration",
    "admissionregistration.k8s.io/ValidatingAdmissionPolicy",
    "admissionregistration.k8s.io/ValidatingAdmissionPolicyBinding",
    "admissionregistration.k8s.io/ValidatingWebhookConfiguration",
    "apiextensions.k8s.io/CustomResourceDefinition",
    "apiregistration.k8s.io/APIService",
    "awspca.cert-manager.io/AWSPCAClusterIssuer",
    "cas-issuer.jetstack.io/GoogleCASClusterIssuer",
    "cert-manager.io/ClusterIssuer",
    "certmanager.step.sm/StepClusterIssuer",
    "certificates.k8s.io/CertificateSigningRequest",
    "certificates.k8s.io/ClusterTrustBundle",
    "external-secrets.io/ClusterExternalSecret",
    "external-secrets.io/ClusterPushSecret",
    "flowcontrol.apiserver.k8s.io/FlowSchema",
    "flowcontrol.apiserver.k8s.io/PriorityLevelConfiguration",
    "gateway.networking.k8s.io/GatewayClass",
    "kyverno.io/ClusterPolicy",
    "networking.k8s.io/IngressClass",
    "node.k8s.io/RuntimeClass",
    "sailoperator.io/Istio",
    "sailoperator.io/IstioCNI",
    "sailoperator.io/IstioRevision",
    "sailoperator.io/IstioRevisionTag",
    "sailoperator.io/ZTunnel",
    "scheduling.k8s.io/PriorityClass",
    "spire.spiffe.io/ClusterSPIFFEID",
    "spire.spiffe.io/ClusterStaticEntry",
    "storage.k8s.io/CSIDriver",
    "storage.k8s.io/StorageClass",
    "trust-manager.io/ClusterBundle",
    "trust.cert-manager.io/Bundle",
    "rbac.authorization.k8s.io/ClusterRole",
    "rbac.authorization.k8s.io/ClusterRoleBinding",
    "policy.networking.k8s.io/AdminNetworkPolicy",
    "policy.networking.k8s.io/ClusterNetworkPolicy",
    "cilium.io/CiliumClusterwideNetworkPolicy",
    "crd.projectcalico.org/GlobalNetworkPolicy",
    "projectcalico.org/GlobalNetworkPolicy",
]);

/** Group and kind from `apiVersion` and `kind`, and from the Pulumi type where these are absent. */
function kindOf(
    type: string,
    props: Fields,
): { readonly group: string; readonly kind: string; readonly patch: boolean } | undefined {
    const [provider, version, token] = type.split(":");
    if (provider !== "kubernetes" || version === undefined || token === undefined) return undefined;
    const patch = token.endsWith("Patch");
    const declared = (field: string): string | undefined => {
        const value = known(() => text(props[field]));
        return typeof value === "string" ? value : undefined;
    };
    const kind = declared("kind") ?? (patch ? token.slice(0, -"Patch".length) : token);
    const apiVersion = declared("apiVersion") ?? version;
    const group = apiVersion.includes("/") ? apiVersion.slice(0, apiVersion.indexOf("/")) : "core";
    return { group, kind, patch };
}

/** The value, or the error if it is unknown until the update. */
function known<Value>(read: () => Value): Value | UnknownField {
    try {
        return read();
    } catch (error) {
        if (error instanceof UnknownField) return error;
        throw error;
    }
}
