/** Objects other than Secrets and pods that give someone the mesh's keys, the roots that proxies trust, or an identity. */
import { CA_SECRETS } from "../../core/mesh-authority";
import { at, type Fields, labelsAt, list, textAt, texts } from "../../core/read";
import { type Subject } from "../../core/subject";

/** Audience of the tokens with which proxies request certificates from istiod. */
export const MESH_AUDIENCE = "istio-ca";

const CONFIG_MAP = "core/ConfigMap";
/** trust-manager's, of v1alpha1 and v1alpha2. */
const BUNDLE = "trust.cert-manager.io/Bundle";
const BUNDLE_OF_CLUSTER = "trust-manager.io/ClusterBundle";
const CLUSTER_BUNDLE = "certificates.k8s.io/ClusterTrustBundle";
const CSI_DRIVER = "storage.k8s.io/CSIDriver";
const TOKEN_REQUEST = "authentication.k8s.io/TokenRequest";
const SPIFFE_ID = "spire.spiffe.io/ClusterSPIFFEID";
const STATIC_ENTRY = "spire.spiffe.io/ClusterStaticEntry";

/** The ConfigMap in every namespace with the roots that proxies trust; istiod writes it. */
const ROOTS = "istio-ca-root-cert";

const CLUSTER_EXTERNAL_SECRET = "external-secrets.io/ClusterExternalSecret";
const SOPS_SECRET = "isindir.github.com/SopsSecret";

/** Kinds whose controller writes a Secret, with the paths of its name; without one, it has the object's name. */
const SECRET_WRITERS: Readonly<Record<string, readonly (readonly string[])[]>> = {
    // The controller ignores the name in the template.
    "bitnami.com/SealedSecret": [],
    [CLUSTER_EXTERNAL_SECRET]: [["externalSecretSpec", "target", "name"], ["externalSecretName"]],
    "external-secrets.io/ExternalSecret": [["target", "name"]],
    "onepassword.com/OnePasswordItem": [],
    "secrets.hashicorp.com/VaultDynamicSecret": [["destination", "name"]],
    "secrets.hashicorp.com/VaultPKISecret": [["destination", "name"]],
    "secrets.hashicorp.com/VaultStaticSecret": [["destination", "name"]],
    "spv.no/AzureKeyVaultSecret": [["output", "secret", "name"]],
};

/** Kinds that copy Secrets to a store outside of the cluster. */
const PUSH_SECRET = "external-secrets.io/PushSecret";
const CLUSTER_PUSH_SECRET = "external-secrets.io/ClusterPushSecret";
const NAMESPACE_NAME = "kubernetes.io/metadata.name";
const PROVIDER_CLASS = "secrets-store.csi.x-k8s.io/SecretProviderClass";

/** Without both, one identity covers several workloads, or another workload's. */
const SPIFFE_PARTS = [/\.PodMeta\.Namespace/, /\.PodSpec\.ServiceAccountName/];

export const KEY_SOURCES: readonly string[] = [
    CONFIG_MAP,
    BUNDLE,
    BUNDLE_OF_CLUSTER,
    CLUSTER_BUNDLE,
    CSI_DRIVER,
    TOKEN_REQUEST,
    SPIFFE_ID,
    STATIC_ENTRY,
    PROVIDER_CLASS,
    SOPS_SECRET,
    PUSH_SECRET,
    CLUSTER_PUSH_SECRET,
    ...Object.keys(SECRET_WRITERS),
];

/** What an object does with the mesh's keys, roots and identities. */
export function problemOfSource(subject: Subject, caNamespaces: readonly string[]): string | undefined {
    const { id, spec, name } = subject;
    switch (id) {
        case CONFIG_MAP:
            return name === ROOTS
                ? "istiod writes it: it has the roots that the namespace's proxies trust"
                : undefined;
        case BUNDLE:
        case BUNDLE_OF_CLUSTER:
            return name === ROOTS
                ? `it replaces the ConfigMap ${ROOTS}, the roots that proxies trust, in every namespace`
                : undefined;
        case CLUSTER_BUNDLE:
            return textAt(spec, "signerName")?.startsWith("istio.io/") === true
                ? "proxies read their trusted roots from it, and istiod writes it"
                : undefined;
        case CSI_DRIVER: {
            const audiences = list(spec["tokenRequests"]).map((request) => textAt(request, "audience"));
            return audiences.includes(MESH_AUDIENCE)
                ? `spec.tokenRequests gives the driver tokens for ${MESH_AUDIENCE} of every pod that mounts a volume, which istiod exchanges for mesh certificates`
                : undefined;
        }
        case TOKEN_REQUEST:
            return `it creates a token of the service account ${name}, with which anyone can act as that workload`;
        case SPIFFE_ID:
            return SPIFFE_PARTS.every((part) => part.test(textAt(spec, "spiffeIDTemplate") ?? ""))
                ? undefined
                : "spec.spiffeIDTemplate does not consist of the pod's namespace and service account, so pods get the identity of another workload";
        case STATIC_ENTRY:
            return `it gives ${textAt(spec, "spiffeID") ?? "an identity"} to whatever fulfills its selectors`;
        case PROVIDER_CLASS: {
            const names = list(spec["secretObjects"]).map((one) => textAt(one, "secretName") ?? "");
            const written = names.find((one) => CA_SECRETS.has(one));
            return written !== undefined && caNamespaces.includes(subject.namespace)
                ? writesCa(written)
                : undefined;
        }
        case SOPS_SECRET:
            // Names of its Secrets can be encrypted.
            return caNamespaces.includes(subject.namespace)
                ? `it writes Secrets to ${subject.namespace}, where istiod reads the mesh's CA, and their names can be encrypted`
                : undefined;
        case PUSH_SECRET: {
            const copied = nonEmptyAt(spec, "selector", "secret", "name");
            return caNamespaces.includes(subject.namespace) || CA_SECRETS.has(copied ?? "")
                ? `it copies ${copied === undefined ? "Secrets" : `the Secret ${copied}`} out of the cluster, where others can read the mesh's keys`
                : undefined;
        }
        case CLUSTER_PUSH_SECRET:
            return canSelect(spec, caNamespaces)
                ? `it copies Secrets of namespaces that its selectors do not exclude (${caNamespaces.join(", ")}) out of the cluster, where others can read the mesh's keys`
                : undefined;
        default: {
            const paths = Object.hasOwn(SECRET_WRITERS, id) ? SECRET_WRITERS[id] : undefined;
            if (paths === undefined) return undefined;
            const written =
                paths.map((path) => nonEmptyAt(spec, ...path)).find((one) => one !== undefined) ?? name;
            if (!CA_SECRETS.has(written)) return undefined;
            const isInMesh =
                id === CLUSTER_EXTERNAL_SECRET
                    ? canSelect(spec, caNamespaces)
                    : caNamespaces.includes(subject.namespace);
            return isInMesh ? writesCa(written) : undefined;
        }
    }
}

/** Operators read an empty text as an absent one. */
function nonEmptyAt(value: unknown, ...path: readonly string[]): string | undefined {
    const result = textAt(value, ...path);
    return result === "" ? undefined : result;
}

/** Whether a cluster-scoped object of External Secrets can apply to one of `namespaces`, whatever their other labels. */
function canSelect(spec: Fields, namespaces: readonly string[]): boolean {
    const selectors = [spec["namespaceSelector"], ...list(spec["namespaceSelectors"])].filter(
        (selector) => selector !== undefined && selector !== null,
    );
    const listed = texts(spec["namespaces"]);
    return namespaces.some(
        (namespace) =>
            listed.includes(namespace) || selectors.some((selector) => matches(selector, namespace)),
    );
}

/** Whether a label selector can match a namespace, of which only the name is known. */
function matches(selector: unknown, namespace: string): boolean {
    const name = labelsAt(selector, "matchLabels")[NAMESPACE_NAME];
    if (name !== undefined && name !== namespace) return false;
    return list(at(selector, "matchExpressions")).every((expression) => {
        if (textAt(expression, "key") !== NAMESPACE_NAME) return true;
        const isListed = texts(at(expression, "values")).includes(namespace);
        const operator = textAt(expression, "operator");
        if (operator === "In") return isListed;
        if (operator === "NotIn") return !isListed;
        return operator !== "DoesNotExist";
    });
}

function writesCa(secret: string): string {
    return `it writes the Secret ${secret}, which istiod uses as the mesh's CA, so its source can issue every identity`;
}
