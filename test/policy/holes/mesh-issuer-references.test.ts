/** The mesh's issuer: default issuers of cert-manager's charts, and other spellings of a CA in Vault. */
import { itAccepts, itRejects } from "./assertions";
import { all, certificate, chart, CLUSTER_CHAIN, issuer, RULE } from "./mesh-issuers";

const CA = ", isCA: true";

describe("the mesh's issuer, default issuers of charts", () => {
    const certManager = (values: string): string => chart("cert-manager", "cert-manager", values);
    const spiffe = (values: string): string =>
        chart("cert-manager-csi-driver-spiffe", "cert-manager", values);
    itRejects(RULE, [
        ...[
            "ingressShim: { defaultIssuerName: mesh, defaultIssuerKind: ClusterIssuer }",
            "config: { ingressShimConfig: { defaultIssuerName: mesh, defaultIssuerKind: ClusterIssuer } }",
            "extraArgs: [--default-issuer-name=mesh, --default-issuer-kind=ClusterIssuer]",
        ].map((values) => ({
            what: `cert-manager with ${values}`,
            yaml: all(CLUSTER_CHAIN, certManager(values)),
            names: /default issuer/,
        })),
        {
            what: "an Issuer as cert-manager's default, which is the mesh's in one namespace",
            yaml: all(
                certificate("istio-system", "cacerts", "name: mesh", CA),
                certManager("ingressShim: { defaultIssuerName: mesh }"),
            ),
        },
        {
            what: "the driver for SPIFFE with the mesh's issuer",
            yaml: all(CLUSTER_CHAIN, spiffe("app: { issuer: { name: mesh } }")),
            names: /app\.issuer/,
        },
        {
            what: "the driver's default issuer, which is the mesh's",
            yaml: all(CLUSTER_CHAIN.replaceAll("name: mesh,", "name: spiffe-ca,"), spiffe("")),
        },
    ]);
    itAccepts(RULE, [
        {
            what: "other default issuers",
            yaml: all(
                CLUSTER_CHAIN,
                certManager(
                    "ingressShim: { defaultIssuerName: letsencrypt, defaultIssuerKind: ClusterIssuer }",
                ),
                spiffe("app: { issuer: { name: workloads } }"),
            ),
        },
        {
            what: "no default issuer",
            yaml: all(CLUSTER_CHAIN, certManager('ingressShim: { defaultIssuerName: "" }')),
        },
        {
            what: "an Issuer as the default with the name of the mesh's ClusterIssuer",
            yaml: all(CLUSTER_CHAIN, certManager("ingressShim: { defaultIssuerName: mesh }")),
        },
    ]);
});

describe("the mesh's issuer, the CA in Vault", () => {
    const vault = (name: string, spec: string, namespace = "istio-system"): string =>
        issuer("Issuer", name, `vault: { ${spec} }`, namespace);
    const mesh = all(
        certificate("istio-system", "cacerts", "name: mesh"),
        vault("mesh", "server: https://vault, namespace: platform, path: pki/mesh/root/sign-intermediate"),
    );
    itRejects(
        RULE,
        [
            "server: https://vault/, namespace: platform, path: pki/mesh/sign/web",
            "server: https://vault, namespace: platform, path: /pki//mesh/sign/web",
            "server: https://vault, namespace: platform, path: pki/mesh//sign/web",
            "server: https://vault, namespace: /platform/, path: pki/mesh/sign/web/",
            "server: https://vault, path: platform/pki/mesh/sign/web",
            "server: https://vault, namespace: platform/pki, path: mesh/sign/web",
        ].map((spec) => ({
            what: `the mesh's mount as ${spec}`,
            yaml: all(mesh, vault("more", spec, "shop")),
            names: /shop\/Issuer\/more/,
        })),
    );
    itAccepts(
        RULE,
        [
            "server: https://vault, namespace: other, path: pki/mesh/sign/web",
            "server: https://vault, namespace: platform, path: pki/web/sign/mesh",
            "server: https://vault2, namespace: platform, path: pki/mesh/sign/web",
        ].map((spec) => ({ what: `another mount: ${spec}`, yaml: all(mesh, vault("more", spec, "shop")) })),
    );
});
