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
const catalogue: Catalogue = {
    ...small,
    services: {
        ...small.services,
        web: { ...web, exposures: web.exposures!.map((one) => ({ ...one, authentication: "jwt" })) },
    },
};
const asking = { catalogue, config: platform.config };
const checks = expectations(asking);
const withToken = checks.filter(({ entry, sends }) => (entry?.token ?? sends?.token) !== undefined);

function cluster(): FakeCluster {
    const program: readonly KubeObject[] = deriveAll(asking).objects;
    const fake = new FakeCluster(program, checks);
    for (const name of Object.keys(small.services)) fake.addPod("sparc", name);
    for (const name of Object.keys(small.stores)) fake.addPod("databases", name);
    for (const gateway of ["istio-ingressgateway", "istio-admingateway"]) fake.addCertificate(gateway);
    return fake;
}

describe("verifying gateways that ask for tokens", () => {
    it("says what it left out, where nobody can sign one", async () => {
        assert.ok(withToken.length > 5);
        const unsigned = { ...options, platform: asking, sign: undefined };
        const report = await verifyCluster(cluster(), unsigned);
        assert.deepEqual(report.notChecked, [
            {
                part: `${withToken.length} requests with a token`,
                why: "no key of an issuer that the gateways trust is on this machine; `make up` makes one",
                optional: "tokens",
                requested: false,
            },
        ]);
        assert.equal(report.findings.length, checks.length - withToken.length);
        assert.equal(exitCode(report), 1);
        const named = await verifyCluster(cluster(), { ...unsigned, allowUnchecked: ["tokens"] });
        assert.equal(exitCode(named), 0);
    });

    it("sends them, where a key is at hand, and shows none", async () => {
        const fake = cluster();
        const sent: string[] = [];
        fake.onExec = ({ stdin }) => sent.push(...(stdin.match(/bearer secret-\w+/gi) ?? []));
        const report = await verifyCluster(fake, {
            ...options,
            platform: asking,
            sign: ({ flaw }) => `secret-${flaw ?? "right"}`,
        });
        assert.deepEqual([report.notChecked, exitCode(report)], [[], 0]);
        assert.equal(sent.length, withToken.length);
        assert.deepEqual(
            [...new Set(sent.filter((one) => one.startsWith("B")))].sort(),
            ["audience", "expired", "issuer", "right", "signature"].map((kind) => `Bearer secret-${kind}`),
        );
        assert.ok(!JSON.stringify(report).includes("secret-"));
    });
});
