/** The mesh's issuer: roots that proxies trust, ClusterIssuers, and what requests certificates. */
import { itAccepts, itRejects } from "./assertions";
import {
    all,
    certificate,
    chart,
    CLUSTER_CHAIN,
    ingress,
    issuer,
    istioCsr,
    istiod,
    NEW_ROOT,
    pod,
    ROTATION,
    roots,
    RULE,
} from "./mesh-issuers";

describe("the mesh's issuer, roots that proxies trust", () => {
    itRejects(RULE, [
        {
            what: "a certificate of a trusted root that does not sign now",
            yaml: all(ROTATION, certificate("istio-system", "more", "name: root-2")),
            names: /Certificate\/more/,
        },
        {
            what: "a ClusterIssuer with a trusted root's key",
            yaml: all(ROTATION, issuer("ClusterIssuer", "more", "ca: { secretName: root-2 }")),
            names: /ClusterIssuer\/more/,
        },
        {
            what: "a certificate of a root that the MeshConfig trusts",
            yaml: all(
                istiod(`meshConfig: { caCertificates: [{ pem: ${roots(NEW_ROOT)} }] }`),
                certificate("istio-system", "root-2", "name: self", ', isCA: true, commonName: "new root"'),
                issuer("Issuer", "root-2", "ca: { secretName: root-2 }"),
                certificate("shop", "more", "name: other"),
                certificate("istio-system", "more", "name: root-2"),
            ),
            names: /istio-system\/Certificate\/more/,
        },
        {
            what: "a certificate of a trusted root whose subject is literal",
            yaml: all(
                istiod(`meshConfig: { ca_certificates: [{ pem: ${roots(NEW_ROOT)} }] }`),
                certificate(
                    "istio-system",
                    "root-2",
                    "name: self",
                    ', isCA: true, literalSubject: "CN=new root,O=mesh"',
                ),
                issuer("Issuer", "root-2", "ca: { secretName: root-2 }"),
                certificate("istio-system", "more", "name: root-2"),
            ),
        },
    ]);
    itAccepts(RULE, [
        { what: "a rotation with two trusted roots", yaml: ROTATION },
        {
            what: "a certificate of a root that no proxy trusts",
            yaml: all(
                ROTATION,
                issuer("Issuer", "web", "ca: { secretName: web-root }"),
                certificate("istio-system", "web-root", "name: self", ', isCA: true, commonName: "web root"'),
                certificate("istio-system", "web", "name: web"),
            ),
        },
    ]);
});

describe("the mesh's issuer, ClusterIssuers", () => {
    itRejects(RULE, [
        {
            what: "a certificate of the ClusterIssuer above the mesh's",
            yaml: all(CLUSTER_CHAIN, certificate("shop", "more", "name: offline, kind: ClusterIssuer")),
            names: /Certificate\/more/,
        },
        {
            what: "the same, with cert-manager in another namespace",
            yaml: all(
                chart("cert-manager", "pki", ""),
                CLUSTER_CHAIN.replace("namespace: cert-manager", "namespace: pki"),
                certificate("shop", "more", "name: offline, kind: ClusterIssuer"),
            ),
        },
        {
            what: "the same, with Secrets of ClusterIssuers in a namespace of its own",
            yaml: all(
                chart("cert-manager", "cert-manager", "clusterResourceNamespace: pki"),
                CLUSTER_CHAIN.replace("namespace: cert-manager", "namespace: pki"),
                certificate("shop", "more", "name: offline, kind: ClusterIssuer"),
            ),
        },
        {
            what: "an Issuer in cert-manager's namespace with the ClusterIssuer's key",
            yaml: all(
                CLUSTER_CHAIN,
                issuer("Issuer", "more", "ca: { secretName: mesh-root }", "cert-manager"),
            ),
        },
        {
            what: "an Ingress that requests a certificate",
            yaml: all(CLUSTER_CHAIN, ingress("cert-manager.io/cluster-issuer: mesh")),
            names: /shop\/Ingress\/web/,
        },
        {
            what: "an empty group and kind, which are the defaults",
            yaml: all(
                certificate("istio-system", "cacerts", "name: mesh"),
                certificate("istio-system", "more", 'name: mesh, kind: "", group: ""'),
            ),
        },
        {
            what: "an Ingress with empty annotations, too",
            yaml: all(
                CLUSTER_CHAIN,
                ingress(
                    'cert-manager.io/cluster-issuer: "", cert-manager.io/issuer: mesh, cert-manager.io/issuer-kind: ClusterIssuer, cert-manager.io/issuer-group: ""',
                ),
            ),
        },
        {
            what: "a Gateway of the Gateway API that requests a certificate",
            yaml: all(
                CLUSTER_CHAIN,
                "{ apiVersion: gateway.networking.k8s.io/v1, kind: Gateway, metadata: { name: web, namespace: shop, annotations: { cert-manager.io/issuer: mesh, cert-manager.io/issuer-kind: ClusterIssuer } }, spec: {} }",
            ),
        },
        {
            what: "a pod that mounts a certificate",
            yaml: all(
                CLUSTER_CHAIN,
                pod("csi.cert-manager.io/issuer-name: mesh, csi.cert-manager.io/issuer-kind: ClusterIssuer"),
            ),
            names: /shop\/Pod\/carts/,
        },
        {
            what: "a second issuer with the same CA in Vault",
            yaml: all(
                certificate("istio-system", "cacerts", "name: mesh"),
                issuer(
                    "Issuer",
                    "mesh",
                    "vault: { server: https://vault, path: pki_mesh/root/sign-intermediate }",
                ),
                issuer("Issuer", "more", "vault: { server: https://vault, path: pki_mesh/sign/web }", "shop"),
            ),
            names: /shop\/Issuer\/more/,
        },
        {
            what: "a certificate of the issuer that istio-csr uses",
            yaml: all(istioCsr, certificate("shop", "more", "name: mesh, kind: ClusterIssuer")),
        },
        {
            what: "a certificate of istiod's signer in the Kubernetes API",
            yaml: all(
                istiod(
                    "env: { EXTERNAL_CA: ISTIOD_RA_KUBERNETES_API, K8S_SIGNER: clusterissuers.cert-manager.io/mesh }",
                ),
                certificate("shop", "more", "name: mesh, kind: ClusterIssuer"),
            ),
        },
    ]);
    itAccepts(RULE, [
        { what: "the chain of a ClusterIssuer", yaml: CLUSTER_CHAIN },
        {
            what: "a certificate of another name's key, in another namespace than cert-manager's",
            yaml: all(
                CLUSTER_CHAIN,
                certificate("shop", "mesh-root", "name: public, kind: ClusterIssuer"),
                certificate("shop", "web", "name: public, kind: ClusterIssuer"),
            ),
        },
        {
            what: "a ClusterIssuer whose key has the name of a Secret of the mesh, and its own Certificate",
            yaml: all(
                certificate("istio-system", "cacerts", "name: root"),
                issuer("Issuer", "root", "ca: { secretName: root }"),
                certificate("cert-manager", "root", "name: self", ", isCA: true"),
                issuer("Issuer", "self", "selfSigned: {}", "cert-manager"),
                issuer("ClusterIssuer", "web", "ca: { secretName: root }"),
            ),
        },
        {
            what: "an Ingress, a Gateway and a pod with certificates of another issuer",
            yaml: all(
                CLUSTER_CHAIN,
                ingress("cert-manager.io/cluster-issuer: letsencrypt"),
                ingress("cert-manager.io/issuer: mesh"),
                pod("csi.cert-manager.io/issuer-name: mesh"),
            ),
        },
        {
            what: "another mount of Vault",
            yaml: all(
                certificate("istio-system", "cacerts", "name: mesh"),
                issuer(
                    "Issuer",
                    "mesh",
                    "vault: { server: https://vault, path: pki_mesh/root/sign-intermediate }",
                ),
                issuer("Issuer", "web", "vault: { server: https://vault, path: pki_web/sign/web }", "shop"),
            ),
        },
        {
            what: "istiod's own certificate with istio-csr",
            yaml: all(istioCsr, certificate("istio-system", "istiod-tls", "name: mesh, kind: ClusterIssuer")),
        },
    ]);
});
