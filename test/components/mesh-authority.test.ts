import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { platform as catalogue } from "../../catalogue/platform";
import type { CertificateManifest, IssuerManifest, Manifest } from "../../components/base/manifest";
import { deriveAll } from "../../components/concerns";
import { loadStackFile } from "../../config/load";
import { testConfig } from "../support/config";
import type { MeshConfig } from "../../config/schema";
import { createAuthority } from "../../local/node/authority";
import { runProgram } from "../support/program";

const ROOT = `${__dirname}/../..`;
const HOUR = 3600;
const SYSTEM = "istio-system";

function withMesh(mesh: unknown): MeshConfig {
    return testConfig({ domain: "a.example", certificates: { mesh } });
}

function derived(mesh: unknown) {
    const { objects, releases } = deriveAll({ catalogue, config: withMesh(mesh) });
    const ofKind = <Kind extends Manifest["kind"]>(kind: Kind) =>
        objects.filter(
            (object): object is Extract<Manifest, { kind: Kind }> =>
                object.kind === kind && object.metadata.namespace === SYSTEM,
        );
    const istiod = releases.find(({ name }) => name.startsWith("istiod"));
    return {
        certificates: new Map(ofKind("Certificate").map((one) => [one.metadata.name, one.spec])),
        issuers: new Map(ofKind("Issuer").map((one) => [one.metadata.name, one.spec])),
        maps: ofKind("ConfigMap"),
        values: (istiod?.values ?? {}) as {
            env: Record<string, string>;
            volumes?: {
                projected: { sources: Record<string, { name: string; items: { path: string }[] }>[] };
            }[];
            volumeMounts?: { mountPath: string }[];
        },
    };
}

/** The files of istiod's CA directory, with the objects that they come from. */
function files({ values }: ReturnType<typeof derived>): Record<string, string> {
    const sources = values.volumes?.flatMap(({ projected }) => projected.sources) ?? [];
    return Object.fromEntries(
        sources.flatMap((source) =>
            Object.entries(source).flatMap(([kind, { name, items }]) =>
                items.map(({ path }) => [path, `${kind}/${name}`]),
            ),
        ),
    );
}

describe("the mesh's CA", () => {
    it("is an intermediate, signed by a cert-manager root, with a new key at each renewal; the root is not renewed", () => {
        const { certificates, issuers } = derived({ from: "self-signed" });
        const intermediate = certificates.get("mesh-intermediate");
        const root = certificates.get("mesh-root-1");
        assert.ok(intermediate !== undefined && root !== undefined);
        assert.equal(intermediate.isCA, true);
        assert.deepEqual(intermediate.issuerRef, {
            name: "mesh-root-1",
            kind: "Issuer",
            group: "cert-manager.io",
        });
        assert.deepEqual(issuers.get("mesh-root-1"), { ca: { secretName: root.secretName } });
        assert.equal(intermediate.privateKey?.rotationPolicy, "Always");
        assert.equal(root.privateKey?.rotationPolicy, "Never");
        assert.equal(root.duration, `${3650 * 24}h0m0s`);
    });

    it("is renewed long before certificates that it signs could outlive it", () => {
        const { certificates } = derived({
            from: "self-signed",
            intermediate: { durationDays: 80, renewBeforeDays: 35 },
        });
        const { duration, renewBefore } = certificates.get("mesh-intermediate") ?? {};
        assert.deepEqual([duration, renewBefore], ["1920h0m0s", "840h0m0s"]);
        // Istio's default TTL for workload certificates is 24 h.
        assert.ok(Number(/^\d+/.exec(renewBefore ?? "")?.[0]) * HOUR > 7 * 24 * HOUR);
    });

    it("is mounted in istiod, which does not start without it", () => {
        const mesh = derived({ from: "self-signed" });
        assert.deepEqual(files(mesh), {
            "tls.crt": "secret/mesh-intermediate",
            "tls.key": "secret/mesh-intermediate",
            "ca.crt": "secret/mesh-intermediate",
        });
        assert.equal(mesh.values.env["ROOT_CA_DIR"], mesh.values.volumeMounts?.[0]?.mountPath);
        assert.equal(JSON.stringify(mesh.values.volumes).includes("optional"), false);
    });

    it("has only namespaced issuers, from which no other namespace can get a CA", () => {
        const config = withMesh({ from: "self-signed" });
        const all = deriveAll({ catalogue, config }).objects.filter(
            (object): object is IssuerManifest | CertificateManifest =>
                object.kind === "Issuer" || object.kind === "Certificate",
        );
        for (const { kind, metadata } of all)
            if (kind === "Issuer") assert.equal(metadata.namespace, SYSTEM, metadata.name);
    });

    it("is signed by a given root, configured by the Secret's name", () => {
        const { certificates, issuers } = derived({ from: "authority", secret: "company-root" });
        assert.deepEqual([...certificates.keys()], ["mesh-intermediate"]);
        assert.deepEqual([...issuers], [["company-root", { ca: { secretName: "company-root" } }]]);
        assert.equal(certificates.get("mesh-intermediate")?.issuerRef.name, "company-root");
    });

    it("is istiod's self-signed CA if the stack configures it", () => {
        const { certificates, issuers, values } = derived({ from: "istiod" });
        assert.equal(certificates.size + issuers.size, 0);
        assert.equal(values.volumes, undefined);
        assert.equal("ROOT_CA_DIR" in values.env, false);
    });

    for (const stack of ["local", "dev", "prod"]) {
        it(`exists in ${stack} before istiod`, async () => {
            const resources = await runProgram(stack);
            const controlPlane = resources.find(({ name }) => name === "control-plane");
            assert.ok(controlPlane?.dependsOn.includes("mesh-authority"));
            const children = resources.filter(({ parent }) => parent === "mesh-authority");
            assert.ok(children.length >= 4);
            for (const { dependsOn, name } of children)
                assert.ok(dependsOn.includes("cert-manager-cert-manager"), name);
            const from = stack === "prod" ? "aws-private-ca" : "self-signed";
            assert.equal(loadStackFile(stack, ROOT).certificates.mesh.from, from);
        });
    }
});

describe("a rotation of the mesh root CA", () => {
    let first: string;
    let second: string;
    before(async () => {
        first = (await createAuthority("first")).certificate;
        second = (await createAuthority("second")).certificate;
    });
    const issuerOf = (mesh: ReturnType<typeof derived>) =>
        mesh.certificates.get("mesh-intermediate")?.issuerRef.name;

    it("starts with another root that signs nothing yet", () => {
        const mesh = derived({ from: "self-signed", roots: [1, 2] });
        assert.ok(mesh.certificates.has("mesh-root-2") && mesh.issuers.has("mesh-root-2"));
        assert.equal(issuerOf(mesh), "mesh-root-1");
    });

    it("trusts both before the new one signs, and only the new one at the end", () => {
        const both = derived({ from: "self-signed", roots: [1, 2], trustedRoots: [first, second] });
        assert.equal(issuerOf(both), "mesh-root-1");
        assert.equal(files(both)["ca.crt"], "configMap/mesh-roots");
        assert.equal(files(both)["tls.crt"], "secret/mesh-intermediate");
        const bundle = both.maps.find(({ metadata }) => metadata.name === "mesh-roots")?.data?.["ca.crt"];
        assert.equal(bundle, `${first.trim()}\n${second.trim()}\n`);
        const signing = derived({
            from: "self-signed",
            roots: [1, 2],
            signingRoot: 2,
            trustedRoots: [first, second],
        });
        assert.equal(issuerOf(signing), "mesh-root-2");
        assert.deepEqual(signing.values, both.values, "istiod is not restarted");
        const done = derived({ from: "self-signed", roots: [2], signingRoot: 2, trustedRoots: [second] });
        assert.deepEqual(done.values, both.values);
        assert.deepEqual([...done.certificates.keys()], ["mesh-root-2", "mesh-intermediate"]);
    });

    it("rejects an invalid root, a private key, and a missing signer", () => {
        assert.throws(
            () => withMesh({ from: "self-signed", trustedRoots: ["x"] }),
            /mesh\.trustedRoots\.0: must be one certificate/,
        );
        assert.throws(
            () => withMesh({ from: "self-signed", trustedRoots: [`${first}-----BEGIN PRIVATE KEY-----`] }),
            (error: Error) =>
                error.message.includes(
                    "mesh.trustedRoots.0: must be a certificate in PEM; this contains a private key",
                ) && !error.message.includes("-----BEGIN"),
        );
        assert.throws(
            () => withMesh({ from: "self-signed", trustedRoots: [first + second] }),
            /mesh\.trustedRoots\.0: must be one certificate/,
        );
        assert.throws(
            () => withMesh({ from: "self-signed", signingRoot: 2 }),
            /mesh\.signingRoot: must be one of roots/,
        );
        assert.throws(
            () => withMesh({ from: "self-signed", roots: [1, 1] }),
            /mesh\.roots: must list each root once/,
        );
        assert.ok(new X509Certificate(first).ca);
    });
});
