import assert from "node:assert/strict";
import type { Catalogue } from "../../catalogue/model";
import type { KubeObject } from "../../cli/lib/drift/objects";
import { expectations } from "../../cli/verify/plan/expect";
import { exitCode } from "../../cli/verify/report/model";
import { verifyCluster } from "../../cli/verify/verify";
import { deriveAll } from "../../components/concerns";
import { options, platform } from "./deployed";
import { FakeCluster } from "./fake-cluster";
import { small } from "./small";

const web = small.services["web"]!;
const partner = {
    gateway: "public",
    host: "partner",
    port: "http",
    requests: ["GET /{**}"],
    authentication: "none",
    timeout: "5s",
    clientCertificate: { authority: "devices" },
} as const;
const catalogue: Catalogue = {
    ...small,
    services: { ...small.services, web: { ...web, exposures: [...web.exposures!, partner] } },
};
const certified = { catalogue, config: platform.config };
const checks = expectations(certified);
const ofPartner = checks.filter(
    ({ ingress }) => ingress?.gateway === "istio-ingressgateway" && ingress.host.startsWith("partner."),
);

function cluster(
    change: (tls: Record<string, unknown>) => Record<string, unknown> = (tls) => tls,
): FakeCluster {
    const program: readonly KubeObject[] = deriveAll(certified).objects;
    const fake = new FakeCluster(
        program.map((object) => {
            if (object.kind !== "Gateway") return object;
            const { servers, ...spec } = object.spec as { servers: { tls: Record<string, unknown> }[] };
            const changed = servers.map((server) =>
                server.tls["mode"] === "MUTUAL" ? { ...server, tls: change(server.tls) } : server,
            );
            return { ...object, spec: { ...spec, servers: changed } };
        }),
        checks,
    );
    for (const name of Object.keys(small.services)) fake.addPod("sparc", name);
    for (const name of Object.keys(small.stores)) fake.addPod("databases", name);
    for (const gateway of ["istio-ingressgateway", "istio-admingateway", "istio-ingressgateway-partner"])
        fake.addCertificate(gateway);
    return fake;
}

describe("verifying a host that requires client certificates", () => {
    it("expects rejection without a certificate, with a foreign one, and by another host's handshake", async () => {
        const kinds = (one: string) => ofPartner.filter(({ expected: { kind } }) => kind === one);
        assert.equal(kinds("certificate-rejected").length, 2);
        assert.ok(
            kinds("answered").every(({ ingress }) => ingress?.clientCertificate?.authority === "devices"),
        );
        const crossing = kinds("rbac").find(({ ingress }) => ingress?.serverName !== undefined);
        assert.equal(crossing?.ingress?.serverName, `www.${platform.config.domain}`);
        assert.equal(crossing.ingress.clientCertificate, undefined);
        const fake = cluster();
        fake.addClient("devices");
        const report = await verifyCluster(fake, { ...options, platform: certified, layers: ["ingress"] });
        assert.deepEqual(report.mismatches, []);
        assert.equal(exitCode(report), 0);
        assert.deepEqual(
            report.unchecked.filter(({ part }) => part.includes("certificate")),
            [],
        );
    });

    it("detects a server that no longer requires one", async () => {
        for (const mode of ["SIMPLE", "OPTIONAL_MUTUAL"]) {
            const fake = cluster((tls) => ({ ...tls, mode }));
            fake.addClient("devices");
            const report = await verifyCluster(fake, {
                ...options,
                platform: certified,
                layers: ["ingress"],
            });
            assert.equal(exitCode(report), 1);
            const expected = report.mismatches.map(({ checkResult }) => checkResult.check.expected.kind);
            assert.ok(expected.includes("certificate-rejected"), expected.join());
        }
    });

    it("reports what it skips if the CA's certificates are issued elsewhere", async () => {
        const report = await verifyCluster(cluster(), {
            ...options,
            platform: certified,
            layers: ["ingress"],
        });
        const left = checks.filter(
            ({ ingress }) =>
                ingress?.clientCertificate !== undefined && ingress.clientCertificate.foreign !== true,
        );
        assert.ok(left.length > 2);
        const [first] = report.unchecked;
        assert.equal(first?.part, `${left.length} requests with a client certificate of devices`);
        assert.match(first.reason, /^Secret istio-ingress\/client-devices is missing/);
        assert.ok(report.results.some(({ check: { expected } }) => expected.kind === "certificate-rejected"));
    });
});
