/** Secrets of the mesh's CA that an operator writes or copies: names, namespaces, and what selectors can select. */
import { itAccepts, itRejects } from "./assertions";

const RULE = "workloads-credentials";
const object = (api: string, kind: string, name: string, namespace: string, spec: string): string =>
    `{ apiVersion: ${api}, kind: ${kind}, metadata: { name: ${name}${namespace === "" ? "" : `, namespace: ${namespace}`} }, spec: { ${spec} } }`;
const sealed = (name: string, template: string): string =>
    object(
        "bitnami.com/v1alpha1",
        "SealedSecret",
        name,
        "istio-system",
        `template: { metadata: { name: ${template} } }`,
    );
const external = (namespace: string, spec: string, name = "ca"): string =>
    object("external-secrets.io/v1", "ExternalSecret", name, namespace, spec);
const sops = (namespace: string, name: string): string =>
    object(
        "isindir.github.com/v1alpha3",
        "SopsSecret",
        "s",
        namespace,
        `secretTemplates: [{ name: ${name} }]`,
    );
const everywhere = (spec: string): string =>
    object("external-secrets.io/v1", "ClusterExternalSecret", "ca", "", spec);
const push = (spec: string): string =>
    object("external-secrets.io/v1alpha1", "ClusterPushSecret", "copies", "", `pushSecretSpec: {} ${spec}`);
const vault = (namespace: string, name: string): string =>
    object(
        "secrets.hashicorp.com/v1beta1",
        "VaultStaticSecret",
        "cacerts",
        namespace,
        `destination: { name: ${name} }`,
    );
const provider = (namespace: string): string =>
    object(
        "secrets-store.csi.x-k8s.io/v1",
        "SecretProviderClass",
        "p",
        namespace,
        "secretObjects: [{ secretName: db }, { secretName: cacerts }]",
    );
const named = (selector: string): string => `, namespaceSelectors: [{ ${selector} }]`;
const NAME = "kubernetes.io/metadata.name";

describe("workloads-credentials, Secrets that operators write", () => {
    itRejects(RULE, [
        {
            what: "a SealedSecret with the CA's name, whatever its template says",
            yaml: sealed("cacerts", "other"),
        },
        {
            what: "an ExternalSecret with an empty target",
            yaml: external("istio-system", 'target: { name: "" }', "cacerts"),
        },
        { what: "a SopsSecret of the CA", yaml: sops("istio-system", "cacerts") },
        {
            what: "a SopsSecret with an encrypted name in the CA's namespace",
            yaml: sops("istio-system", '"ENC[AES256_GCM]"'),
        },
        { what: "a Secret from Vault without a name of its own", yaml: vault("istio-system", '""') },
        { what: "a Secret from the CSI driver", yaml: provider("istio-system") },
        {
            what: "the CA in every namespace",
            yaml: everywhere("externalSecretSpec: { target: { name: cacerts } }, namespaceSelector: {}"),
        },
        {
            what: "the CA in every namespace, by the ExternalSecret's name",
            yaml: everywhere(
                'externalSecretName: cacerts, externalSecretSpec: { target: { name: "" } }, namespaceSelectors: [{ matchLabels: { a: b } }]',
            ),
        },
        {
            what: "the CA in listed namespaces",
            yaml: everywhere(
                "externalSecretSpec: { target: { name: cacerts } }, namespaces: [shop, istio-system]",
            ),
        },
        {
            what: "a Bundle with the roots' name and another in its target",
            yaml: object(
                "trust.cert-manager.io/v1alpha1",
                "Bundle",
                "istio-ca-root-cert",
                "",
                "target: { configMap: { key: a, metadata: { name: other } } }",
            ),
        },
        {
            what: "a ClusterBundle with the roots' name",
            yaml: object(
                "trust-manager.io/v1alpha2",
                "ClusterBundle",
                "istio-ca-root-cert",
                "",
                "target: { configMap: { data: [{ key: root-cert.pem }] } }",
            ),
        },
        {
            what: "a truststore in a namespace that is listed as the CA's",
            yaml: external("mesh-control", "target: { name: cacerts }"),
            config: { caNamespaces: ["mesh-control"] },
        },
    ]);
    itAccepts(RULE, [
        { what: "a SealedSecret whose template has the CA's name", yaml: sealed("database", "cacerts") },
        {
            what: "a truststore with the CA's name in another namespace",
            yaml: external("shop", "target: { name: cacerts }"),
        },
        {
            what: "another ExternalSecret in the CA's namespace",
            yaml: external("istio-system", "target: { name: kiali }", "cacerts"),
        },
        { what: "a SopsSecret in another namespace", yaml: sops("shop", "database") },
        { what: "a truststore from Vault in another namespace", yaml: vault("shop", '""') },
        { what: "a truststore from the CSI driver in another namespace", yaml: provider("shop") },
        {
            what: "a truststore in namespaces by name",
            yaml: everywhere(
                `externalSecretSpec: { target: { name: cacerts } }, namespaces: [shop], namespaceSelector: { matchLabels: { ${NAME}: edge } }`,
            ),
        },
        {
            what: "another bundle with the roots' name in its target",
            yaml: object(
                "trust.cert-manager.io/v1alpha1",
                "Bundle",
                "corporate",
                "",
                "target: { configMap: { key: a, metadata: { name: istio-ca-root-cert } } }",
            ),
        },
    ]);
});

describe("workloads-credentials, Secrets that ClusterPushSecrets copy", () => {
    itRejects(RULE, [
        ...[
            "{}",
            "{ matchLabels: { team: shop } }",
            `{ matchLabels: { ${NAME}: istio-system } }`,
            `{ matchExpressions: [{ key: ${NAME}, operator: In, values: [shop, cert-manager] }] }`,
            `{ matchExpressions: [{ key: ${NAME}, operator: NotIn, values: [istio-system] }] }`,
            `{ matchExpressions: [{ key: ${NAME}, operator: Exists }] }`,
        ].map((selector) => ({
            what: `with the selector ${selector}`,
            yaml: push(`, namespaceSelectors: [{ matchLabels: { ${NAME}: shop } }, ${selector}]`),
        })),
        {
            what: "by labels of Secrets, in every namespace",
            yaml: object(
                "external-secrets.io/v1alpha1",
                "ClusterPushSecret",
                "copies",
                "",
                "pushSecretSpec: { selector: { secret: { selector: { matchLabels: { a: b } } } } }, namespaceSelectors: [{}]",
            ),
        },
    ]);
    itAccepts(RULE, [
        ...[
            `matchLabels: { ${NAME}: shop, team: shop }`,
            `matchExpressions: [{ key: ${NAME}, operator: In, values: [shop, edge] }]`,
            `matchExpressions: [{ key: ${NAME}, operator: NotIn, values: [istio-system, cert-manager] }]`,
            `matchExpressions: [{ key: ${NAME}, operator: DoesNotExist }]`,
        ].map((selector) => ({ what: `with the selector ${selector}`, yaml: push(named(selector)) })),
        {
            what: "and an identity of SPIRE, with exceptions",
            yaml: object("spire.spiffe.io/v1alpha1", "ClusterSPIFFEID", "copies", "", "spiffeIDTemplate: x"),
            config: {
                exceptions: [{ namespace: "", name: "copies", reason: "an appliance", until: "2999-01-01" }],
            },
        },
        {
            what: "with an exception",
            yaml: push(", namespaceSelectors: [{}]"),
            config: {
                exceptions: [
                    { namespace: "", name: "copies", reason: "backup of all Secrets", until: "2999-01-01" },
                ],
            },
        },
    ]);
});
