import assert from "node:assert/strict";
import type { Catalogue } from "../../catalogue/model";
import type { KubeObject } from "../../cli/verify/drift/objects";
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
    ({ entry }) => entry?.gateway === "istio-ingressgateway" && entry.host.startsWith("partner."),
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

describe("verifying a host that demands client certificates", () => {
    it("is refused without one and with a foreign one, and not reached by another host's handshake", async () => {
        const kinds = (one: string) => ofPartner.filter(({ expected: { kind } }) => kind === one);
        assert.equal(kinds("certificate-refused").length, 2);
        assert.ok(kinds("answered").every(({ entry }) => entry?.clientCertificate?.authority === "devices"));
        const crossing = kinds("rbac").find(({ entry }) => entry?.serverName !== undefined);
        assert.equal(crossing?.entry?.serverName, `www.${platform.config.domain}`);
        assert.equal(crossing.entry.clientCertificate, undefined);
        const fake = cluster();
        fake.addClient("devices");
        const report = await verifyCluster(fake, { ...options, platform: certified, layers: ["entry"] });
        assert.deepEqual(report.differences, []);
        assert.equal(exitCode(report), 0);
        assert.deepEqual(
            report.notChecked.filter(({ part }) => part.includes("certificate")),
            [],
        );
    });

    it("sees a server that demands none any more", async () => {
        for (const mode of ["SIMPLE", "OPTIONAL_MUTUAL"]) {
            const fake = cluster((tls) => ({ ...tls, mode }));
            fake.addClient("devices");
            const report = await verifyCluster(fake, { ...options, platform: certified, layers: ["entry"] });
            assert.equal(exitCode(report), 1);
            const expected = report.differences.map(({ finding }) => finding.check.expected.kind);
            assert.ok(expected.includes("certificate-refused"), expected.join());
        }
    });

    it("says what it left out where the authority's certificates are issued elsewhere", async () => {
        const report = await verifyCluster(cluster(), {
            ...options,
            platform: certified,
            layers: ["entry"],
        });
        const left = checks.filter(
            ({ entry }) => entry?.clientCertificate !== undefined && entry.clientCertificate.foreign !== true,
        );
        assert.ok(left.length > 2);
        const [first] = report.notChecked;
        assert.equal(first?.part, `${left.length} requests with a client certificate of devices`);
        assert.match(first.why, /^the Secret istio-ingress\/client-devices with one is missing/);
        assert.ok(report.findings.some(({ check: { expected } }) => expected.kind === "certificate-refused"));
    });
});
