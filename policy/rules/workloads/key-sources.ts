/** Objects other than Secrets and pods that give someone the mesh's keys, the roots that proxies trust, or an identity. */
import { CA_SECRETS } from "../../core/mesh-authority";
import { list, textAt } from "../../core/read";
import { type Subject } from "../../core/subject";

/** Audience of the tokens with which proxies request certificates from istiod. */
export const MESH_AUDIENCE = "istio-ca";

const CONFIG_MAP = "core/ConfigMap";
const BUNDLE = "trust.cert-manager.io/Bundle";
const CLUSTER_BUNDLE = "certificates.k8s.io/ClusterTrustBundle";
const CSI_DRIVER = "storage.k8s.io/CSIDriver";
const TOKEN_REQUEST = "authentication.k8s.io/TokenRequest";
const SPIFFE_ID = "spire.spiffe.io/ClusterSPIFFEID";
const STATIC_ENTRY = "spire.spiffe.io/ClusterStaticEntry";

/** The ConfigMap in every namespace with the roots that proxies trust; istiod writes it. */
const ROOTS = "istio-ca-root-cert";

/** Kinds whose controller writes a Secret, with the paths of its name. */
const SECRET_WRITERS: Readonly<Record<string, readonly (readonly string[])[]>> = {
    "bitnami.com/SealedSecret": [["template", "metadata", "name"]],
    "external-secrets.io/ClusterExternalSecret": [
        ["externalSecretSpec", "target", "name"],
        ["externalSecretName"],
    ],
    "external-secrets.io/ExternalSecret": [["target", "name"]],
    "isindir.github.com/SopsSecret": [],
    "onepassword.com/OnePasswordItem": [],
    "secrets.hashicorp.com/VaultDynamicSecret": [["destination", "name"]],
    "secrets.hashicorp.com/VaultPKISecret": [["destination", "name"]],
    "secrets.hashicorp.com/VaultStaticSecret": [["destination", "name"]],
    "spv.no/AzureKeyVaultSecret": [["output", "secret", "name"]],
};

/** Kinds that copy a Secret to a store outside of the cluster, with the path to its selector. */
const SECRET_READERS: Readonly<Record<string, readonly string[]>> = {
    "external-secrets.io/ClusterPushSecret": ["pushSecretSpec", "selector"],
    "external-secrets.io/PushSecret": ["selector"],
};
const PROVIDER_CLASS = "secrets-store.csi.x-k8s.io/SecretProviderClass";

/** Without both, one identity covers several workloads, or another workload's. */
const SPIFFE_PARTS = [/\.PodMeta\.Namespace/, /\.PodSpec\.ServiceAccountName/];

export const KEY_SOURCES: readonly string[] = [
    CONFIG_MAP,
    BUNDLE,
    CLUSTER_BUNDLE,
    CSI_DRIVER,
    TOKEN_REQUEST,
    SPIFFE_ID,
    STATIC_ENTRY,
    PROVIDER_CLASS,
    ...Object.keys(SECRET_WRITERS),
    ...Object.keys(SECRET_READERS),
];

/** What an object does with the mesh's keys, roots and identities. */
export function problemOfSource(subject: Subject, caNamespaces: readonly string[]): string | undefined {
    const { id, spec, name } = subject;
    switch (id) {
        case CONFIG_MAP:
            return name === ROOTS
                ? "istiod writes it: it has the roots that the namespace's proxies trust"
                : undefined;
        case BUNDLE: {
            const target = textAt(spec, "target", "configMap", "metadata", "name") ?? name;
            return target === ROOTS
                ? `it replaces the ConfigMap ${ROOTS}, the roots that proxies trust, in every namespace`
                : undefined;
        }
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
            return written === undefined ? undefined : writesCa(written);
        }
        default: {
            const selector = Object.hasOwn(SECRET_READERS, id) ? SECRET_READERS[id] : undefined;
            if (selector !== undefined) {
                const copied = textAt(spec, ...selector, "secret", "name");
                const isOfMesh = subject.namespace !== "" && caNamespaces.includes(subject.namespace);
                return isOfMesh || CA_SECRETS.has(copied ?? "")
                    ? `it copies ${copied === undefined ? "Secrets" : `the Secret ${copied}`} out of the cluster, where others can read the mesh's keys`
                    : undefined;
            }
            const paths = Object.hasOwn(SECRET_WRITERS, id) ? SECRET_WRITERS[id] : undefined;
            if (paths === undefined) return undefined;
            const written =
                paths.map((path) => textAt(spec, ...path)).find((one) => one !== undefined) ?? name;
            return CA_SECRETS.has(written) ? writesCa(written) : undefined;
        }
    }
}

function writesCa(secret: string): string {
    return `it writes the Secret ${secret}, which istiod uses as the mesh's CA, so its source can issue every identity`;
}
