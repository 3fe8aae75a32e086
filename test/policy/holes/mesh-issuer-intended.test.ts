/** The mesh's issuer: which Certificates are the mesh's own, and which only have its names. */
import { itAccepts, itRejects } from "./assertions";
import {
    all,
    certificate,
    chart,
    CLUSTER_CHAIN,
    issuer,
    istioCsr,
    istiod,
    NEW_ROOT,
    ROTATION,
    roots,
    RULE,
} from "./mesh-issuers";

const OF_CLUSTER = "name: mesh, kind: ClusterIssuer";
const CA = ", isCA: true";
const NEW_CA = ', isCA: true, commonName: "new root"';
const BY_AWS = "name: pca, kind: AWSPCAClusterIssuer, group: awspca.cert-manager.io";
const PCA =
    '{ apiVersion: awspca.cert-manager.io/v1beta1, kind: AWSPCAClusterIssuer, metadata: { name: pca }, spec: { arn: "arn:aws:acm-pca:us-east-1:1:certificate-authority/a" } }';
const TRUSTS_NEW = istiod(`meshConfig: { caCertificates: [{ pem: ${roots(NEW_ROOT)} }] }`);
const MESH_CONFIG = (namespace: string, mesh = "trustDomain: x"): string =>
    `{ apiVersion: v1, kind: ConfigMap, metadata: { name: istio, namespace: ${namespace} }, data: { mesh: ${JSON.stringify(mesh)} } }`;
const csr = (namespace: string, reference: string, settings = ""): string =>
    chart(
        "cert-manager-istio-csr",
        namespace,
        `app: { certmanager: { issuer: { ${reference} } ${settings} } }`,
    );

describe("the mesh's issuer, what only has the mesh's names", () => {
    itRejects(RULE, [
        ...[
            { by: "the ClusterIssuer", reference: OF_CLUSTER, chain: CLUSTER_CHAIN },
            {
                by: "the CA in AWS",
                reference: BY_AWS,
                chain: all(PCA, certificate("istio-system", "cacerts", BY_AWS, CA)),
            },
        ].flatMap(({ by, reference, chain }) => [
            {
                what: `an intermediate CA in another namespace with istiod's name, of ${by}`,
                yaml: all(istiod(), chain, certificate("shop", "cacerts", reference, CA)),
                names: /shop\/Certificate\/cacerts/,
            },
            {
                what: `the same without a control plane, of ${by}`,
                yaml: all(chain, certificate("shop", "cacerts", reference, CA)),
                names: /shop\/Certificate\/cacerts/,
            },
            {
                what: `an intermediate CA in another namespace with a trusted root's name, of ${by}`,
                yaml: all(TRUSTS_NEW, chain, certificate("shop", "more", reference, NEW_CA)),
                names: /shop\/Certificate\/more/,
            },
            {
                what: `an intermediate CA in a namespace with only a MeshConfig, of ${by}`,
                yaml: all(
                    istiod(),
                    chain,
                    MESH_CONFIG("shop"),
                    certificate("shop", "cacerts", reference, CA),
                ),
                names: /shop\/Certificate\/cacerts/,
            },
            {
                what: `an intermediate CA for an issuer below a Certificate with a trusted root's name, of ${by}`,
                yaml: all(
                    TRUSTS_NEW,
                    chain,
                    certificate("shop", "decoy", "name: decoy", NEW_CA),
                    issuer("Issuer", "decoy", "ca: { secretName: more }", "shop"),
                    certificate("shop", "more", reference, CA),
                ),
                names: /shop\/Certificate\/more/,
            },
            {
                what: `an intermediate CA for an issuer of an istio-csr in another namespace, of ${by}`,
                yaml: all(
                    istiod(),
                    chain,
                    csr("shop", "name: decoy", ", namespace: shop"),
                    issuer("Issuer", "decoy", "ca: { secretName: more }", "shop"),
                    certificate("shop", "more", reference, CA),
                ),
                names: /shop\/Certificate\/more/,
            },
        ]),
        {
            what: "a root in cert-manager's namespace that only another namespace's MeshConfig trusts",
            yaml: all(
                istiod(),
                CLUSTER_CHAIN,
                MESH_CONFIG("shop", `caCertificates: [{ pem: ${roots(NEW_ROOT)} }]`),
                certificate("cert-manager", "more", OF_CLUSTER, NEW_CA),
            ),
            names: /cert-manager\/Certificate\/more/,
        },
        {
            what: "an issuer in another namespace with the CA in AWS, and a Certificate with a trusted root's name",
            yaml: all(
                TRUSTS_NEW,
                PCA,
                certificate("istio-system", "cacerts", BY_AWS, CA),
                certificate(
                    "shop",
                    "more",
                    "name: more, kind: AWSPCAIssuer, group: awspca.cert-manager.io",
                    NEW_CA,
                ),
                '{ apiVersion: awspca.cert-manager.io/v1beta1, kind: AWSPCAIssuer, metadata: { name: more, namespace: shop }, spec: { arn: "arn:aws:acm-pca:us-east-1:1:certificate-authority/a" } }',
            ),
            names: /shop\/AWSPCAIssuer\/more/,
        },
    ]);
    itAccepts(RULE, [
        {
            what: "a second cluster-scoped issuer with an exception",
            yaml: all(
                PCA.replace("ClusterIssuer", "Issuer").replace(
                    "name: pca",
                    "name: pca, namespace: istio-system",
                ),
                certificate("istio-system", "cacerts", BY_AWS.replace("Cluster", ""), CA),
                PCA,
            ),
            config: {
                exceptions: [
                    { namespace: "", name: "pca", reason: "migration of the issuer", until: "2999-01-01" },
                ],
            },
        },
        { what: "a rotation in a control plane's namespace", yaml: ROTATION },
        {
            what: "the next root in cert-manager's namespace",
            yaml: all(
                TRUSTS_NEW,
                CLUSTER_CHAIN,
                certificate("cert-manager", "next", "name: offline, kind: ClusterIssuer", NEW_CA),
            ),
        },
        {
            what: "the issuer of istio-csr in a namespace of its own",
            yaml: all(
                istiod(),
                csr("cert-manager", "name: mesh", ", namespace: pki"),
                issuer("Issuer", "mesh", "ca: { secretName: mesh }", "pki"),
                certificate("pki", "mesh", "name: offline", CA),
            ),
        },
        {
            what: "a private CA with istiod's name and its issuer's other certificates, with a control plane",
            yaml: all(
                istiod(),
                CLUSTER_CHAIN,
                certificate("shop", "cacerts", "name: corporate, kind: ClusterIssuer", CA),
                certificate("shop", "web", "name: corporate, kind: ClusterIssuer"),
            ),
        },
    ]);
});

describe("the mesh's issuer, istiod's own certificate", () => {
    const tls = (issuer: string, more = "", namespace = "istio-system"): string =>
        certificate(namespace, "istiod-tls", issuer, more);
    itRejects(RULE, [
        { what: "an intermediate CA", yaml: all(istiod(), istioCsr, tls(OF_CLUSTER, CA)) },
        {
            what: "another workload's identity",
            yaml: all(
                istiod(),
                istioCsr,
                tls(OF_CLUSTER, ', uris: ["spiffe://cluster.local/ns/shop/sa/payments"]'),
            ),
        },
        {
            what: "istiod's identity in one URI, and another workload's in the next",
            yaml: all(
                istiod(),
                istioCsr,
                tls(
                    OF_CLUSTER,
                    ', uris: ["spiffe://cluster.local/ns/istio-system/sa/istiod-service-account", "spiffe://cluster.local/ns/shop/sa/payments"]',
                ),
            ),
        },
        {
            what: "an issuer of the mesh that is not istio-csr's",
            yaml: all(istiod(), CLUSTER_CHAIN, tls(OF_CLUSTER)),
        },
        {
            what: "a namespace with only a MeshConfig",
            yaml: all(istiod(), istioCsr, MESH_CONFIG("shop"), tls(OF_CLUSTER, "", "shop")),
        },
    ]);
    itAccepts(RULE, [
        {
            what: "what the chart of istio-csr creates",
            yaml: all(
                istiod(),
                istioCsr,
                tls(
                    OF_CLUSTER,
                    ', uris: ["spiffe://cluster.local/ns/istio-system/sa/istiod-service-account"]',
                ),
            ),
        },
    ]);
});
