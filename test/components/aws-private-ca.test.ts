import assert from "node:assert/strict";
import { platform as catalogue } from "../../catalogue/platform";
import type { Manifest } from "../../components/base/manifest";
import { platformProblems } from "../../components/check";
import { deriveAll } from "../../components/concerns";
import { loadStackFile } from "../../config/load";
import { testConfig } from "../support/config";
import { createAuthority } from "../../local/node/authority";
import { type Registered, runProgram } from "../support/program";

const ROOT = `${__dirname}/../..`;
const ARN =
    "arn:aws:acm-pca:eu-central-1:111122223333:certificate-authority/5f0e1d2c-3b4a-4958-8677-6a5b4c3d2e1f";
const OTHER = ARN.replace("5f0e1d2c", "0a0b0c0d");
const ISSUER = "mesh-root-5f0e1d2c";
const CLUSTER = { from: "eks", name: "mesh", region: "eu-central-1" };

function withMesh(mesh: object, cluster: object = CLUSTER) {
    return testConfig({ domain: "a.example", cluster, certificates: { mesh } });
}

function objectsOf(mesh: object): readonly Manifest[] {
    return deriveAll({ catalogue, config: withMesh({ from: "aws-private-ca", arn: ARN, ...mesh }) }).objects;
}

function ofKind<Kind extends Manifest["kind"]>(
    objects: readonly Manifest[],
    kind: Kind,
): Extract<Manifest, { kind: Kind }>[] {
    return objects.filter((object): object is Extract<Manifest, { kind: Kind }> => object.kind === kind);
}

function intermediate(objects: readonly Manifest[]) {
    return (
        ofKind(objects, "Certificate").find(({ metadata }) => metadata.name === "mesh-intermediate") ??
        assert.fail("no intermediate CA found")
    );
}

describe("the mesh root CA at AWS Private CA", () => {
    const objects = objectsOf({});

    it("has no key in the cluster: cert-manager keeps only the intermediate's key, and AWS signs its certificate", () => {
        const system = ofKind(objects, "Certificate").filter(
            ({ metadata }) => metadata.namespace === "istio-system",
        );
        assert.deepEqual(
            system.map(({ metadata }) => metadata.name),
            ["mesh-intermediate"],
        );
        assert.deepEqual(intermediate(objects).spec.issuerRef, {
            name: ISSUER,
            kind: "AWSPCAIssuer",
            group: "awspca.cert-manager.io",
        });
        assert.equal(intermediate(objects).spec.privateKey?.rotationPolicy, "Always");
        assert.deepEqual(ofKind(objects, "Issuer"), []);
        assert.deepEqual(
            ofKind(objects, "AWSPCAIssuer").map(({ metadata, spec }) => [
                metadata.namespace,
                metadata.name,
                spec,
            ]),
            [["istio-system", ISSUER, { arn: ARN, region: "eu-central-1" }]],
        );
    });

    it("uses another issuer for another CA, so that the intermediate is reissued", async () => {
        const trustedRoots = [
            (await createAuthority("first")).certificate,
            (await createAuthority("second")).certificate,
        ];
        const [before, after] = [ARN, OTHER].map(
            (arn) => intermediate(objectsOf({ arn, trustedRoots })).spec,
        );
        assert.notDeepEqual(before?.issuerRef, after?.issuerRef);
        const [maps] = [ARN, OTHER].map((arn) =>
            ofKind(objectsOf({ arn, trustedRoots }), "ConfigMap").filter(
                ({ metadata }) => metadata.name === "mesh-roots",
            ),
        );
        assert.equal(maps?.[0]?.data?.["ca.crt"]?.match(/BEGIN CERTIFICATE/g)?.length, 2);
    });

    it("allows cert-manager to approve requests of this issuer only, and its controller to read no Secret", () => {
        const rules = [
            ...ofKind(objects, "ClusterRole").map(({ metadata, rules = [] }) => ({ metadata, rules })),
            ...ofKind(objects, "Role").map(({ metadata, rules = [] }) => ({ metadata, rules })),
        ].filter(({ metadata }) => metadata.name.includes("privateca"));
        assert.ok(rules.length >= 4);
        const approvals = rules.flatMap((role) =>
            role.rules.filter(({ verbs }) => verbs.includes("approve")),
        );
        assert.deepEqual(
            approvals.map(({ resourceNames }) => resourceNames),
            [[`awspcaissuers.awspca.cert-manager.io/istio-system.${ISSUER}`]],
        );
        for (const { metadata, rules: all } of rules)
            for (const { resources = [], apiGroups = [] } of all)
                assert.ok(
                    ![...resources, ...apiGroups].some((one) => one === "secrets" || one === "*"),
                    metadata.name,
                );
    });

    it("omits the chart's role, which would read every Secret", () => {
        const release = deriveAll({
            catalogue,
            config: withMesh({ from: "aws-private-ca", arn: ARN }),
        }).releases.find(({ name }) => name === "aws-privateca-issuer");
        const values = release?.values as { rbac: { create: boolean }; approverRole: { enabled: boolean } };
        assert.equal(values.rbac.create, false);
        assert.equal(values.approverRole.enabled, false);
    });

    it("is reached only at the VPC endpoints, with the pod's identity", () => {
        const policies = ofKind(objects, "NetworkPolicy").filter(
            ({ metadata, spec }) =>
                metadata.namespace === "cert-manager" &&
                spec?.podSelector.matchLabels?.["app.kubernetes.io/name"] === "aws-privateca-issuer",
        );
        const to = policies.flatMap(({ spec }) =>
            (spec?.egress ?? []).flatMap(({ to: peers = [], ports = [] }) =>
                peers.map(({ ipBlock }) => `${ipBlock?.cidr ?? "?"}:${String(ports[0]?.port)}`),
            ),
        );
        assert.deepEqual(to.sort(), [
            "10.64.227.160/27:443",
            "10.64.227.192/27:443",
            "10.64.227.224/27:443",
            "169.254.170.23/32:80",
        ]);
    });

    it("is rejected if it is unreachable, and if its ARN is invalid", () => {
        const problemsOf = (mesh: object, cluster?: object) =>
            platformProblems({ catalogue, config: withMesh(mesh, cluster) }).filter((text) =>
                text.startsWith("certificates.mesh"),
            );
        assert.deepEqual(problemsOf({ from: "aws-private-ca", arn: ARN }), []);
        assert.match(
            problemsOf({ from: "aws-private-ca", arn: ARN }, { from: "kubeconfig" }).join(),
            /^certificates\.mesh: .*cluster\.from is kubeconfig; use authority/,
        );
        assert.match(
            problemsOf({ from: "aws-private-ca", arn: ARN.replace("eu-central-1", "us-east-1") }).join(),
            /^certificates\.mesh\.arn: the CA is in us-east-1, but from the cluster in eu-central-1/,
        );
        for (const arn of ["", ARN.slice(0, -1), ARN.replace("acm-pca", "acm"), `${ARN}/certificate/1`])
            assert.throws(
                () => withMesh({ from: "aws-private-ca", arn }),
                /mesh\.arn: must be the ARN of a CA/,
            );
        assert.throws(() => withMesh({ from: "aws-private-ca" }), /mesh\.arn/);
        assert.throws(() => withMesh({ from: "aws-private-ca", arn: ARN, signingRoot: 1 }), /signingRoot/);
    });
});

describe("the mesh root CA of stack prod", () => {
    let all: readonly Registered[];
    before(async () => {
        all = await runProgram("prod");
    });

    it("is at AWS Private CA, with a VPC endpoint that allows only signing by one CA", () => {
        const { mesh } = loadStackFile("prod", ROOT).certificates;
        assert.ok(mesh.from === "aws-private-ca");
        const endpoint = all.find(({ name }) => name === "cluster-endpoints-acm-pca");
        assert.deepEqual(endpoint?.inputs["subnetIds"], [
            "cluster-network-endpoints-a-id",
            "cluster-network-endpoints-b-id",
            "cluster-network-endpoints-c-id",
        ]);
        const { Statement } = JSON.parse(String(endpoint.inputs["policy"])) as {
            Statement: { Action: string[]; Resource: string }[];
        };
        assert.deepEqual(
            Statement.map(({ Resource }) => Resource),
            [mesh.arn],
        );
        for (const action of Statement.flatMap(({ Action }) => Action))
            assert.match(action, /^acm-pca:(DescribeCertificateAuthority|GetCertificate|IssueCertificate)$/);
    });

    it("has its issuer before its Certificate, which the control plane waits for", () => {
        const issuer = all.find(({ name }) => name === "mesh-authority-istio-system-mesh-root-5f0e1d2c");
        assert.ok(
            issuer?.dependsOn.includes("mesh-authority-aws-privateca-issuer"),
            String(issuer?.dependsOn),
        );
        const controlPlane = all.find(({ name }) => name === "control-plane");
        assert.ok(controlPlane?.dependsOn.includes("mesh-authority"));
    });
});
