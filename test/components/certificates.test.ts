import assert from "node:assert/strict";
import { platform as catalogue } from "../../catalogue/platform";
import { exposures } from "../../catalogue/query";
import type {
    CertificateManifest,
    ClusterIssuerManifest,
    GatewayManifest,
    Manifest,
    NetworkPolicyManifest,
} from "../../components/base/manifest";
import { platformProblems } from "../../components/check";
import { deriveAll } from "../../components/concerns";
import { loadStackFile } from "../../config/load";
import { testConfig } from "../support/config";
import type { MeshConfig } from "../../config/schema";
import { objectsOf } from "../support/edge";

const ROOT = `${__dirname}/../..`;
const DAY = 24 * 3600;

function certificatesOf(objects: readonly Manifest[]): CertificateManifest[] {
    // mesh-authority.test.ts tests the mesh's certificates.
    return objects.filter(
        (object): object is CertificateManifest =>
            object.kind === "Certificate" && object.metadata.namespace !== "istio-system",
    );
}

function issuersOf(objects: readonly Manifest[]): ClusterIssuerManifest[] {
    return objects.filter((object): object is ClusterIssuerManifest => object.kind === "ClusterIssuer");
}

function seconds(duration: string | undefined): number {
    return Number(/^(\d+)h0m0s$/.exec(duration ?? "")?.[1]) * 3600;
}

function withIssuer(config: MeshConfig, issuer: MeshConfig["certificates"]["issuer"]): MeshConfig {
    return { ...config, certificates: { ...config.certificates, issuer } };
}

for (const stack of ["local", "dev", "prod"]) {
    describe(`the certificates of ${stack}`, () => {
        const config = loadStackFile(stack, ROOT);
        const { objects, releases } = deriveAll({ catalogue, config });
        const certificates = certificatesOf(objects);

        it("exist for each credential of a Gateway, in its namespace, for exactly the hosts that it serves", () => {
            const servers = objects
                .filter((object): object is GatewayManifest => object.kind === "Gateway")
                .flatMap(({ metadata, spec }) =>
                    (spec.servers ?? []).map((server) => ({ ...server, namespace: metadata.namespace })),
                )
                .filter(({ tls }) => tls?.credentialName !== undefined);
            assert.ok(servers.length >= 3);
            const served = new Map<string, Set<string>>();
            for (const { namespace, hosts, tls } of servers) {
                const key = `${namespace}/${tls?.credentialName ?? ""}`;
                const names = served.get(key) ?? new Set();
                for (const host of hosts) names.add(host.slice(host.indexOf("/") + 1));
                served.set(key, names);
            }
            const issued = new Map(
                certificates
                    .filter(({ spec }) => spec.isCA !== true && spec.usages?.includes("server auth"))
                    .map(({ metadata, spec }) => [
                        `${metadata.namespace}/${spec.secretName}`,
                        new Set(spec.dnsNames),
                    ]),
            );
            assert.deepEqual(issued, served);
            const all = [...issued.values()].flatMap((names) => [...names]);
            assert.equal(all.length, exposures(catalogue).length);
        });

        it("are renewed more than the alert's 30 days before they expire, each with a new key", () => {
            for (const { metadata, spec } of certificates) {
                const left = seconds(spec.renewBefore);
                assert.ok(left > 30 * DAY, `${metadata.name}: ${spec.renewBefore ?? "never"}`);
                assert.ok(left <= seconds(spec.duration) / 2, metadata.name);
                assert.equal(spec.privateKey?.rotationPolicy, "Always");
            }
        });

        it("and their issuers are ready before dependent resources are created", () => {
            for (const { metadata } of [...certificates, ...issuersOf(objects)])
                assert.equal(metadata.annotations?.["pulumi.com/waitFor"], "condition=Ready", metadata.name);
        });

        it("have an existing issuer", () => {
            const known = issuersOf(objects).map(({ metadata }) => metadata.name);
            for (const { spec } of certificates) {
                assert.equal(spec.issuerRef.kind, "ClusterIssuer");
                assert.ok(known.includes(spec.issuerRef.name), spec.issuerRef.name);
            }
        });

        it("come with cert-manager's component, with its CRDs and the values that the component passes on", () => {
            const release = releases.find(({ name }) => name === "cert-manager");
            assert.ok(release !== undefined);
            assert.equal(release.component, "cert-manager");
            assert.equal(release.namespace, "cert-manager");
            assert.equal(release.values["installCRDs"], true);
            // The component parses it as a NodeSelector, and would drop it.
            assert.equal("nodeSelector" in release.values, false);
        });
    });
}

describe("the issuer of the gateways' certificates", () => {
    const prod = loadStackFile("prod", ROOT);
    const local = loadStackFile("local", ROOT);
    const edgeOf = (config: MeshConfig) =>
        issuersOf(objectsOf({ config })).find(
            ({ metadata }) => metadata.name === `edge-${config.certificates.issuer.from}`,
        )?.spec;

    it("solves DNS-01 challenges in Route 53, only in the stack's zone", () => {
        assert.deepEqual(edgeOf(prod)?.acme?.solvers, [
            {
                selector: { dnsZones: ["sparc.example.com"] },
                dns01: { route53: { region: "eu-central-1" } },
            },
        ]);
        assert.equal(edgeOf(prod)?.acme?.email, "platform@sparc.example.com");
    });

    it("is a private CA by its Secret, without a generated one", () => {
        const config = withIssuer(prod, { from: "authority", secret: "company-ca" });
        assert.deepEqual(edgeOf(config), { ca: { secretName: "company-ca" } });
        assert.deepEqual(
            certificatesOf(objectsOf({ config })).filter(({ spec }) => spec.isCA),
            [],
        );
    });

    it("is a self-signed CA on the local cluster, which outlives the certificates that it signs", () => {
        const [ca, ...more] = certificatesOf(objectsOf({ config: local })).filter(
            ({ metadata, spec }) => spec.isCA && metadata.name.startsWith("edge-"),
        );
        assert.ok(ca !== undefined && more.length === 0);
        assert.deepEqual(edgeOf(local), { ca: { secretName: ca.spec.secretName } });
        assert.equal(ca.metadata.namespace, "cert-manager");
        assert.ok(seconds(ca.spec.renewBefore) > local.certificates.gateways.durationDays * DAY);
    });

    it("cannot be ACME without a zone at AWS", () => {
        const issuer = { from: "acme" as const, server: "https://acme.example", email: "a@example.com" };
        const problems = platformProblems({ catalogue, config: withIssuer(local, issuer) });
        assert.equal(problems.length, 1);
        assert.match(problems[0] ?? "", /^certificates\.issuer: acme .*cluster\.from is kubeconfig/);
        assert.deepEqual(platformProblems({ catalogue, config: prod }), []);
    });
});

describe("the configuration of certificates", () => {
    const parse = (certificates: unknown) => testConfig({ domain: "a.example", certificates });

    it("rejects renewal too late or too early, and misspelled keys", () => {
        assert.throws(
            () => parse({ gateways: { durationDays: 90, renewBeforeDays: 30 } }),
            /certificates\.gateways\.renewBeforeDays: must be more than 30/,
        );
        assert.throws(
            () => parse({ gateways: { durationDays: 90, renewBeforeDays: 46 } }),
            /certificates\.gateways\.renewBeforeDays: must be at most half of durationDays/,
        );
        assert.throws(
            () => parse({ gateways: { durationDays: 398 } }),
            /certificates\.gateways\.durationDays/,
        );
        assert.throws(
            () => parse({ issuer: { from: "acme", server: "http://acme.example", mail: "x" } }),
            (error: Error) =>
                error.message.includes("certificates.issuer.server") &&
                error.message.includes('certificates.issuer.mail: unknown key; did you mean "email"?') &&
                /certificates\.issuer\.email: .*it is missing/.test(error.message),
        );
    });
});

describe("cert-manager's network", () => {
    const policies = (stack: string) =>
        objectsOf({ config: loadStackFile(stack, ROOT) })
            .filter((object): object is NetworkPolicyManifest => object.kind === "NetworkPolicy")
            .filter(({ metadata }) => metadata.namespace === "cert-manager");

    it("allows only the API server to call the webhook, and Prometheus to scrape the controller", () => {
        const incoming = policies("prod").filter(({ spec }) => spec?.ingress !== undefined);
        assert.deepEqual(
            incoming.map(({ spec }) => [
                spec?.podSelector.matchLabels?.["app.kubernetes.io/component"],
                spec?.ingress?.flatMap(({ ports }) => (ports ?? []).map(({ port }) => port)),
                spec?.ingress?.every(({ from }) => (from ?? []).length > 0),
            ]),
            [
                ["webhook", [10250], true],
                ["controller", [9402], true],
            ],
        );
    });

    it("denies the rest, and allows the Pod Identity agent only if AWS is called", () => {
        const names = (stack: string) =>
            policies(stack)
                .map(({ metadata }) => metadata.name)
                .sort();
        const everywhere = ["api-server", "deny-all", "metrics-from-prometheus", "webhook"];
        assert.deepEqual(names("local"), everywhere);
        assert.deepEqual(names("prod"), [...everywhere, "acme", "pod-identity", "private-ca"].sort());
    });
});

describe("a gateway's certificate", () => {
    const config = loadStackFile("prod", ROOT);
    /** `count` hosts at the public gateway in one certificate, and one more host in another. */
    function withHosts(count: number) {
        const service = catalogue.services["api-gateway"]!;
        const shared = exposures(catalogue).filter(
            ({ exposure }) => exposure.gateway === "public" && exposure.clientCertificate === undefined,
        ).length;
        const [api] = service.exposures!;
        const more = Array.from({ length: count - shared }, (_, index) => ({
            ...api!,
            host: `brand-${index}`,
        }));
        const changed = { ...service, exposures: [...service.exposures!, ...more] };
        return { ...catalogue, services: { ...catalogue.services, "api-gateway": changed } };
    }

    it("has no more names than an ACME server accepts, or the check reports it", () => {
        assert.deepEqual(platformProblems({ catalogue: withHosts(100), config }), []);
        assert.deepEqual(platformProblems({ catalogue: withHosts(101), config }), [
            "certificates.issuer: ACME servers such as Let's Encrypt allow 100 names per certificate, and the gateway public has 101 hosts; " +
                "move exposures to another gateway, or use the issuer authority",
        ]);
    });

    it("has any number of names with another issuer", () => {
        const issuer = { from: "authority", secret: "edge" } as const;
        const other = withIssuer(config, issuer);
        assert.deepEqual(platformProblems({ catalogue: withHosts(101), config: other }), []);
        const names = certificatesOf(deriveAll({ catalogue: withHosts(101), config: other }).objects).map(
            ({ spec }) => spec.dnsNames?.length,
        );
        assert.ok(names.includes(101));
    });
});
