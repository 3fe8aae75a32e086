/** What is judged: a resource as the engine shows it, named the way that people name it. */
import { type Fields, fields, labelsAt, text, textAt, UnknownField } from "./read";

/** A resource as the SDK hands it over, with plain properties. */
export interface EngineResource {
    readonly urn: string;
    readonly type: string;
    readonly name: string;
    readonly props: unknown;
    /** URNs that a property's value comes from, by the property's name; known to stack policies alone. */
    readonly sources?: Readonly<Record<string, readonly string[]>>;
    /** The provider that applies it, where the engine says so. */
    readonly provider?: Provider;
}

export interface Provider {
    readonly urn: string;
    readonly props: Fields;
}

/** Where a kind used to be: the same rules hold for objects of clusters and charts that never moved. */
const MOVED: Readonly<Record<string, string>> = {
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
     * `group/Kind` of a Kubernetes object in any version (`core/Service`, `helm.sh/Release`), and the type of anything
     * else.
     */
    readonly id: string;
    readonly kind: string;
    readonly name: string;
    /** Whether it changes some fields of an object that another program owns, so that absence says nothing. */
    readonly isPatch: boolean;
    readonly isKubernetes: boolean;
    /** Which cluster a Kubernetes object is in, as its provider says; `""` where nobody says or knows yet. */
    readonly cluster: string;
    readonly props: Fields;
    readonly sources: Readonly<Record<string, readonly string[]>>;
    private readonly place: string | UnknownField;

    /** The one subject of a resource, for all policies. Subjects are immutable. */
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
            this.place = "";
            this.name = name;
            this.cluster = "";
            return;
        }
        this.id = idOf(kubernetes);
        this.kind = kubernetes.kind;
        // Charts say both beside their values.
        const path = CHARTS.includes(this.id) ? [] : ["metadata"];
        const read = (field: string): string | undefined => textAt(this.props, ...path, field);
        const said = known(() => read("name") ?? read("generateName"));
        this.name = typeof said === "string" ? said : name;
        this.cluster = clusterOf(provider);
        // The provider's own namespace is that of objects which name none.
        const fallback = (): string => textAt(provider?.props, "namespace") ?? "default";
        this.place = CLUSTER_WIDE.has(this.id) ? "" : known(() => read("namespace") ?? fallback());
    }

    /**
     * Of a Kubernetes object; `""` for what belongs to no namespace and for what is no Kubernetes object.
     *
     * @throws UnknownField where only the update will know it
     */
    get namespace(): string {
        if (this.place instanceof UnknownField) throw this.place;
        return this.place;
    }

    /** Whether its namespace is known yet. */
    get isPlaced(): boolean {
        return !(this.place instanceof UnknownField);
    }

    /** `namespace/Kind/name`, as kubectl's users say it; without a namespace that is not known yet. */
    get key(): string {
        const namespace = this.place instanceof UnknownField ? "" : this.place;
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

/** Two providers of one kubeconfig and context are of one cluster, whatever else they differ in. */
function clusterOf(provider: Provider | undefined): string {
    if (provider === undefined) return "";
    const parts = ["kubeconfig", "context", "cluster", "clusterIdentifier"];
    const read = known(() => parts.map((part) => textAt(provider.props, part) ?? "").join("\n"));
    return typeof read === "string" ? read : "";
}

/** A Subject's `id` without the rest of it. */
export function whatIs({ type, props }: Pick<EngineResource, "type" | "props">): string {
    const kubernetes = kindOf(type, fields(props));
    return kubernetes === undefined ? type : idOf(kubernetes);
}

function idOf({ group, kind }: { readonly group: string; readonly kind: string }): string {
    const id = `${group}/${kind}`;
    return MOVED[id] ?? id;
}

/** Of Pulumi's own, which stand for all that a chart makes. */
export const CHARTS: readonly string[] = ["helm.sh/Release", "helm.sh/Chart"];

/** Kinds that are in no namespace: Kubernetes' own, and those of others that meshes often have. */
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
    "cert-manager.io/ClusterIssuer",
    "certificates.k8s.io/CertificateSigningRequest",
    "certificates.k8s.io/ClusterTrustBundle",
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
    "storage.k8s.io/CSIDriver",
    "storage.k8s.io/StorageClass",
    "rbac.authorization.k8s.io/ClusterRole",
    "rbac.authorization.k8s.io/ClusterRoleBinding",
    "policy.networking.k8s.io/AdminNetworkPolicy",
    "policy.networking.k8s.io/ClusterNetworkPolicy",
    "cilium.io/CiliumClusterwideNetworkPolicy",
    "crd.projectcalico.org/GlobalNetworkPolicy",
    "projectcalico.org/GlobalNetworkPolicy",
]);

/** What `apiVersion` and `kind` say, and the type where they say nothing. */
function kindOf(
    type: string,
    props: Fields,
): { readonly group: string; readonly kind: string; readonly patch: boolean } | undefined {
    const [provider, version, token] = type.split(":");
    if (provider !== "kubernetes" || version === undefined || token === undefined) return undefined;
    const patch = token.endsWith("Patch");
    const said = (field: string): string | undefined => {
        const value = known(() => text(props[field]));
        return typeof value === "string" ? value : undefined;
    };
    const kind = said("kind") ?? (patch ? token.slice(0, -"Patch".length) : token);
    const apiVersion = said("apiVersion") ?? version;
    const group = apiVersion.includes("/") ? apiVersion.slice(0, apiVersion.indexOf("/")) : "core";
    return { group, kind, patch };
}

/** What was read, or why it cannot be yet. */
function known<Value>(read: () => Value): Value | UnknownField {
    try {
        return read();
    } catch (error) {
        if (error instanceof UnknownField) return error;
        throw error;
    }
}
