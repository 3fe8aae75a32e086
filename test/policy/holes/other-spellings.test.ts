/** Applied manifests and sources of the mesh's keys in other spellings. */
import { itAccepts, itRejects } from "./assertions";

describe("appliers and key sources in other spellings", () => {
    const argo = (source: string, kind = "Application"): string =>
        `{ apiVersion: argoproj.io/v1alpha1, kind: ${kind}, metadata: { name: a, namespace: argocd }, spec: { ${kind === "Application" ? source : `template: { spec: { ${source} } }`} } }`;
    const push = (namespace: string, secret: string): string =>
        `{ apiVersion: external-secrets.io/v1alpha1, kind: PushSecret, metadata: { name: p, namespace: ${namespace} }, spec: { selector: { secret: { name: ${secret} } } } }`;
    itRejects("extensions-applied-manifests", [
        { what: "a folder by Argo CD", yaml: argo("source: { repoURL: x, path: ./mesh }") },
        {
            what: "a folder and a chart by Argo CD",
            yaml: argo("sources: [{ repoURL: x, chart: carts }, { repoURL: y, path: ./mesh }]"),
        },
        {
            what: "folders by Argo CD",
            yaml: argo("source: { repoURL: x, path: '{{path}}' }", "ApplicationSet"),
        },
    ]);
    itAccepts("extensions-applied-manifests", [
        {
            what: "a chart by Argo CD",
            yaml: argo("source: { repoURL: x, chart: carts, targetRevision: 1.0.0 }"),
        },
        { what: "charts by Argo CD", yaml: argo("source: { repoURL: x, chart: carts }", "ApplicationSet") },
    ]);
    itRejects("workloads-credentials", [
        {
            what: "the roots as a bundle of the cluster",
            yaml: "{ apiVersion: certificates.k8s.io/v1beta1, kind: ClusterTrustBundle, metadata: { name: 'istio.io:istiod-ca:root-cert' }, spec: { signerName: istio.io/istiod-ca, trustBundle: x } }",
        },
        { what: "a copy of the CA outside", yaml: push("mesh-control", "cacerts") },
        { what: "a copy of a Secret of the control plane", yaml: push("istio-system", "mesh-intermediate") },
        {
            what: "copies of all Secrets of the control plane",
            yaml: "{ apiVersion: external-secrets.io/v1alpha1, kind: PushSecret, metadata: { name: p, namespace: istio-system }, spec: { selector: { generatorRef: {} } } }",
        },
        {
            what: "a copy by a push for several namespaces",
            yaml: "{ apiVersion: external-secrets.io/v1alpha1, kind: ClusterPushSecret, metadata: { name: p }, spec: { namespaceSelectors: [{}], pushSecretSpec: { selector: { secret: { name: cacerts } } } } }",
        },
        {
            what: "the CA from a mounted secret",
            yaml: "{ apiVersion: secrets-store.csi.x-k8s.io/v1, kind: SecretProviderClass, metadata: { name: p, namespace: istio-system }, spec: { provider: aws, secretObjects: [{ secretName: cacerts, type: Opaque }] } }",
        },
    ]);
    itAccepts("workloads-credentials", [
        { what: "a copy of another Secret", yaml: push("shop", "database") },
    ]);
});
