/** Objects and resources that another controller, template or provider creates. */
import { itAccepts, itRejects } from "./assertions";

describe("extensions-applied-manifests", () => {
    itRejects("extensions-applied-manifests", [
        {
            what: "Open Cluster Management",
            yaml: `
{ apiVersion: work.open-cluster-management.io/v1, kind: ManifestWork, metadata: { name: m, namespace: shop }, spec: { workload: { manifests: [{ apiVersion: security.istio.io/v1, kind: PeerAuthentication, metadata: { name: default, namespace: shop }, spec: { mtls: { mode: DISABLE } } }] } } }
`,
        },
        {
            what: "an object of Crossplane",
            yaml: `
{ apiVersion: kubernetes.crossplane.io/v1alpha2, kind: Object, metadata: { name: o }, spec: { forProvider: { manifest: { apiVersion: security.istio.io/v1, kind: PeerAuthentication, metadata: { name: default, namespace: shop }, spec: { mtls: { mode: DISABLE } } } } } }
`,
        },
        {
            what: "a release of Crossplane",
            yaml: `
{ apiVersion: helm.crossplane.io/v1beta1, kind: Release, metadata: { name: o }, spec: { forProvider: { namespace: istio-system, chart: { name: istiod }, values: { meshConfig: { outboundTrafficPolicy: { mode: ALLOW_ANY } } } } } }
`,
        },
        {
            what: "a graph of kro",
            yaml: `
{ apiVersion: kro.run/v1alpha1, kind: ResourceGraphDefinition, metadata: { name: k }, spec: { resources: [{ id: a, template: { apiVersion: security.istio.io/v1, kind: AuthorizationPolicy, metadata: { name: all, namespace: shop }, spec: { rules: [{}] } } }] } }
`,
        },
        {
            what: "an app of Carvel",
            yaml: `
{ apiVersion: kappctrl.k14s.io/v1alpha1, kind: App, metadata: { name: a, namespace: shop }, spec: { serviceAccountName: x, fetch: [{ git: { url: x } }], template: [{ ytt: {} }], deploy: [{ kapp: {} }] } }
`,
        },
        {
            what: "a Kustomization of Flux",
            yaml: `
{ apiVersion: kustomize.toolkit.fluxcd.io/v1, kind: Kustomization, metadata: { name: a, namespace: flux-system }, spec: { path: ./, prune: true, sourceRef: { kind: GitRepository, name: x }, targetNamespace: shop } }
`,
        },
        {
            what: "a bundle of Fleet",
            yaml: `
{ apiVersion: fleet.cattle.io/v1alpha1, kind: Bundle, metadata: { name: a, namespace: fleet-local }, spec: { resources: [{ name: a.yaml, content: "kind: PeerAuthentication" }] } }
`,
        },
        {
            what: "a resource set of Cluster API",
            yaml: `
{ apiVersion: addons.cluster.x-k8s.io/v1beta1, kind: ClusterResourceSet, metadata: { name: a, namespace: shop }, spec: { clusterSelector: {}, resources: [{ kind: ConfigMap, name: x }] } }
`,
        },
        {
            what: "values of a packaged chart",
            yaml: `
{ apiVersion: helm.cattle.io/v1, kind: HelmChartConfig, metadata: { name: istiod, namespace: kube-system }, spec: { valuesContent: "meshConfig: { outboundTrafficPolicy: { mode: ALLOW_ANY } }" } }
`,
        },
        {
            what: "an operator by subscription",
            yaml: `
{ apiVersion: operators.coreos.com/v1alpha1, kind: Subscription, metadata: { name: o, namespace: operators }, spec: { name: servicemeshoperator, channel: stable, source: x, sourceNamespace: y } }
`,
        },
    ]);
    itAccepts("extensions-applied-manifests", [
        {
            what: "a release of Flux, which other policies evaluate",
            yaml: `
{ apiVersion: helm.toolkit.fluxcd.io/v2, kind: HelmRelease, metadata: { name: carts, namespace: shop }, spec: { chart: { spec: { chart: carts } } } }
`,
        },
        {
            what: "a source of Flux",
            yaml: `
{ apiVersion: source.toolkit.fluxcd.io/v1, kind: GitRepository, metadata: { name: shop, namespace: flux-system }, spec: { url: "https://git.example.com/shop" } }
`,
        },
    ]);
});

describe("cluster-other-providers", () => {
    itRejects("cluster-other-providers", [
        {
            what: "a role of AWS' other provider",
            yaml: `
{ type: "aws-native:iam:Role", name: r, properties: { assumeRolePolicyDocument: { Statement: [{ Effect: Allow, Principal: { AWS: "*" }, Action: "sts:AssumeRole" }] } } }
`,
        },
        {
            what: "an access entry of AWS' other provider",
            yaml: `
{ type: "aws-native:eks:AccessEntry", name: r, properties: { clusterName: x, principalArn: "arn:aws:iam::999999999999:role/x", accessPolicies: [{ policyArn: "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy" }] } }
`,
        },
        {
            what: "any resource by Cloud Control",
            yaml: `
{ type: "aws:cloudcontrol/resource:Resource", name: r, properties: { typeName: "AWS::EKS::AccessEntry", desiredState: "{}" } }
`,
        },
        {
            what: "a template",
            yaml: `
{ type: "aws:cloudformation/stack:Stack", name: r, properties: { templateBody: "{}", capabilities: [CAPABILITY_NAMED_IAM] } }
`,
        },
        {
            what: "a template for accounts",
            yaml: `
{ type: "aws:cloudformation/stackSet:StackSet", name: r, properties: { templateUrl: "https://x" } }
`,
        },
        {
            what: "Flux' provider",
            yaml: `
{ type: "flux:index/fluxBootstrapGit:FluxBootstrapGit", name: r, properties: { path: clusters } }
`,
        },
        {
            what: "Argo CD's provider",
            yaml: `
{ type: "argocd:index/application:Application", name: r, properties: { spec: {} } }
`,
        },
        {
            what: "kubectl's provider",
            yaml: `
{ type: "kubectl:index/manifest:Manifest", name: r, properties: { yamlBody: "apiVersion: security.istio.io/v1\nkind: PeerAuthentication" } }
`,
        },
    ]);
    itAccepts("cluster-other-providers", [
        {
            what: "a bucket of another provider",
            yaml: `
{ type: "aws-native:s3:Bucket", name: r, properties: {} }
`,
        },
        {
            what: "a role of the provider aws",
            yaml: `
{ type: "aws:iam/role:Role", name: r, properties: {} }
`,
        },
        {
            what: "a random password",
            yaml: `
{ type: "random:index/randomPassword:RandomPassword", name: r, properties: { length: 16 } }
`,
        },
    ]);
});
