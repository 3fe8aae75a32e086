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
const catalogue: Catalogue = {
    ...small,
    services: {
        ...small.services,
        web: { ...web, exposures: web.exposures!.map((one) => ({ ...one, authentication: "jwt" })) },
    },
};
const platformOptions = { catalogue, config: platform.config };
const checks = expectations(platformOptions);
const withToken = checks.filter(({ ingress, sends }) => (ingress?.token ?? sends?.token) !== undefined);

function cluster(): FakeCluster {
    const program: readonly KubeObject[] = deriveAll(platformOptions).objects;
    const fake = new FakeCluster(program, checks);
    for (const name of Object.keys(small.services)) fake.addPod("sparc", name);
    for (const name of Object.keys(small.stores)) fake.addPod("databases", name);
    for (const gateway of ["istio-ingressgateway", "istio-admingateway"]) fake.addCertificate(gateway);
    return fake;
}

describe("verifying gateways that require tokens", () => {
    it("reports what it skips without a signing key", async () => {
        assert.ok(withToken.length > 5);
        const unsigned = { ...options, platform: platformOptions, sign: undefined };
        const report = await verifyCluster(cluster(), unsigned);
        assert.deepEqual(report.unchecked, [
            {
                part: `${withToken.length} requests with a token`,
                reason: "this machine has no key of an issuer that the gateways trust (`make up` creates one)",
                optional: "tokens",
                requested: false,
            },
        ]);
        assert.equal(report.results.length, checks.length - withToken.length);
        assert.equal(exitCode(report), 1);
        const named = await verifyCluster(cluster(), { ...unsigned, allowUnchecked: ["tokens"] });
        assert.equal(exitCode(named), 0);
    });

    it("sends tokens with a signing key, and prints none", async () => {
        const fake = cluster();
        const sent: string[] = [];
        fake.onExec = ({ stdin }) => sent.push(...(stdin.match(/bearer secret-\w+/gi) ?? []));
        const report = await verifyCluster(fake, {
            ...options,
            platform: platformOptions,
            sign: ({ flaw }) => `secret-${flaw ?? "right"}`,
        });
        assert.deepEqual([report.unchecked, exitCode(report)], [[], 0]);
        assert.equal(sent.length, withToken.length);
        assert.deepEqual(
            [...new Set(sent.filter((one) => one.startsWith("B")))].sort(),
            ["audience", "expired", "issuer", "right", "signature"].map((kind) => `Bearer secret-${kind}`),
        );
        assert.ok(!JSON.stringify(report).includes("secret-"));
    });
});
