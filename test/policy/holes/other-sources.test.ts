/** What Argo CD, Flux, providers and add-ons create instead of charts and evaluated types, and Karpenter's defaults. */
import { itAccepts, itRejects } from "./assertions";

const CHART = "repoURL: https://charts.example.com, chart: carts, targetRevision: 1.2.3";
const application = (spec: string): string =>
    `{ apiVersion: argoproj.io/v1alpha1, kind: Application, metadata: { name: a, namespace: argocd }, spec: { ${spec} } }`;
const set = (spec: string): string =>
    `{ apiVersion: argoproj.io/v1alpha1, kind: ApplicationSet, metadata: { name: a, namespace: argocd }, spec: { template: { spec: { source: { ${CHART} } } }, ${spec} } }`;
const release = (spec: string): string =>
    `{ apiVersion: helm.toolkit.fluxcd.io/v2, kind: HelmRelease, metadata: { name: carts, namespace: shop }, spec: { ${spec} } }`;
const fluxChart = (kind: string): string =>
    `chart: { spec: { chart: ./carts, sourceRef: { kind: ${kind}, name: s } } }`;
const GIT_TEMPLATE =
    "template: { spec: { source: { repoURL: https://git.example.com/x, path: ., chart: '' } } }";

describe("extensions-applied-manifests, more than charts", () => {
    itRejects("extensions-applied-manifests", [
        {
            what: "an Application with a chart and a hydrator",
            yaml: application(
                `source: { ${CHART} }, sourceHydrator: { drySource: { repoURL: https://git.example.com/x, path: . } }`,
            ),
        },
        {
            what: "an Application with a chart and a path",
            yaml: application(`source: { ${CHART}, path: . }`),
        },
        {
            what: "an ApplicationSet with a patch",
            yaml: set(
                "templatePatch: 'spec: { source: { chart: null, path: . } }', generators: [{ list: {} }]",
            ),
        },
        {
            what: "an ApplicationSet with a hydrator",
            yaml: set("generators: []").replace(
                "spec: { source:",
                "spec: { sourceHydrator: { a: b }, source:",
            ),
        },
        {
            what: "an ApplicationSet with a generator's template",
            yaml: set(`generators: [{ list: { elements: [], ${GIT_TEMPLATE} } }]`),
        },
        {
            what: "an ApplicationSet with the template of a nested generator",
            yaml: set(
                `generators: [{ matrix: { generators: [{ clusters: {} }, { git: { ${GIT_TEMPLATE} } }] } }]`,
            ),
        },
        { what: "a release of Flux from Git", yaml: release(fluxChart("GitRepository")) },
        { what: "a release of Flux from a bucket", yaml: release(fluxChart("Bucket")) },
        {
            what: "a release of Flux from an artifact",
            yaml: release("chartRef: { kind: ExternalArtifact, name: s }"),
        },
        {
            what: "a release of Flux with a patch",
            yaml: release(
                `${fluxChart("HelmRepository")}, postRenderers: [{ kustomize: { patches: [{ patch: x }] } }]`,
            ),
        },
        {
            what: "a release of Flux 1",
            yaml: release("chart: { git: x, path: . }").replace(
                "helm.toolkit.fluxcd.io/v2",
                "helm.fluxcd.io/v1",
            ),
        },
    ]);
    itAccepts("extensions-applied-manifests", [
        { what: "an Application with a chart", yaml: application(`source: { ${CHART} }`) },
        {
            what: "an ApplicationSet with a chart, whose elements have a field of that name",
            yaml: set(
                "generators: [{ list: { elements: [{ template: small }] } }, { matrix: { generators: [{ clusters: {} }] } }]",
            ),
        },
        { what: "a release of Flux from a chart repository", yaml: release(fluxChart("HelmRepository")) },
        {
            what: "a release of Flux from a registry",
            yaml: release("chartRef: { kind: OCIRepository, name: s }"),
        },
    ]);
});

describe("cluster-other-providers, programs and add-ons", () => {
    const resource = (type: string, properties = ""): string =>
        `{ type: "${type}", name: r, properties: { ${properties} } }`;
    const addOn = (name: string): string =>
        resource("aws:eks/addon:Addon", `clusterName: mesh, addonName: ${name}`);
    itRejects("cluster-other-providers", [
        ...[
            "aws:serverlessrepository/cloudFormationStack:CloudFormationStack",
            "awscc:index/iamRole:IamRole",
            "awscc:index/eksAccessEntry:EksAccessEntry",
            "pulumi-nodejs:dynamic:Resource",
            "pulumi-nodejs:dynamic/roles:Role",
            "pulumi-python:dynamic:Resource",
            "pulumi-python:dynamic/roles:Role",
        ].map((type) => ({ what: type, yaml: resource(type) })),
        ...["tetrate-io_istio-distro", "solo-io_istio-distro", "cert-manager"].map((name) => ({
            what: `the add-on ${name}`,
            yaml: addOn(name),
        })),
    ]);
    itAccepts("cluster-other-providers", [
        { what: "a bucket of Cloud Control's provider", yaml: resource("awscc:index/s3Bucket:S3Bucket") },
        ...["vpc-cni", "coredns", "aws-ebs-csi-driver", "metrics-server"].map((name) => ({
            what: `the add-on ${name}`,
            yaml: addOn(name),
        })),
    ]);
});

describe("cluster-cloud-controllers, programs and add-ons", () => {
    const object = (api: string, kind: string, spec = ""): string =>
        `{ apiVersion: ${api}, kind: ${kind}, metadata: { name: c, namespace: shop }, spec: { ${spec} } }`;
    const ACK = "eks.services.k8s.aws/v1alpha1";
    itRejects("cluster-cloud-controllers", [
        { what: "a workspace of Pulumi", yaml: object("auto.pulumi.com/v1alpha1", "Workspace") },
        { what: "an update of Pulumi", yaml: object("auto.pulumi.com/v1alpha1", "Update") },
        { what: "a program of Pulumi", yaml: object("pulumi.com/v1", "Program") },
        { what: "a mesh as an add-on", yaml: object(ACK, "Addon", "name: tetrate-io_istio-distro") },
        { what: "an add-on without a name", yaml: object(ACK, "Addon", "nameRef: { from: { name: x } }") },
        {
            what: "a mesh as Crossplane's add-on",
            yaml: object(
                "eks.aws.upbound.io/v1beta1",
                "Addon",
                "initProvider: { addonName: solo-io_istio-distro }",
            ),
        },
    ]);
    itAccepts("cluster-cloud-controllers", [
        { what: "an add-on of volumes", yaml: object(ACK, "Addon", "name: aws-efs-csi-driver") },
        { what: "an add-on of metrics", yaml: object(ACK, "Addon", "name: metrics-server") },
    ]);
});

describe("cluster-imds, defaults of Karpenter's versions", () => {
    const nodes = (version: string, kind: string, spec = ""): string =>
        `{ apiVersion: karpenter.k8s.aws/${version}, kind: ${kind}, metadata: { name: n }, spec: { ${spec} } }`;
    const ONE_HOP = "metadataOptions: { httpTokens: required, httpPutResponseHopLimit: 1 }";
    itRejects("cluster-imds", [
        {
            what: "v1beta1 without options",
            yaml: nodes("v1beta1", "EC2NodeClass"),
            names: /not set, and 2 by default/,
        },
        {
            what: "v1beta1 without a limit",
            yaml: nodes("v1beta1", "EC2NodeClass", "metadataOptions: { httpTokens: required }"),
        },
        { what: "v1alpha1 without options", yaml: nodes("v1alpha1", "AWSNodeTemplate") },
        {
            what: "v1 with two hops",
            yaml: nodes("v1", "EC2NodeClass", ONE_HOP.replace("1 }", "2 }")),
            names: /is 2,/,
        },
    ]);
    itAccepts("cluster-imds", [
        { what: "v1 without options", yaml: nodes("v1", "EC2NodeClass") },
        { what: "v1beta1 with one hop", yaml: nodes("v1beta1", "EC2NodeClass", ONE_HOP) },
        { what: "v1alpha1 with one hop", yaml: nodes("v1alpha1", "AWSNodeTemplate", ONE_HOP) },
        {
            what: "v1beta1 with two hops, if the limit is two",
            yaml: nodes("v1beta1", "EC2NodeClass"),
            config: { hops: 2 },
        },
    ]);
});
