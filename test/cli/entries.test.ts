import assert from "node:assert/strict";
import { platform as catalogue } from "../../catalogue/platform";
import {
    embeddedIstioVersions,
    EMPTY_JWKS,
    onEmbeddedNode,
    onOtherCluster,
    withKeys,
} from "../../cli/up/config-entries";
import { UNLISTED_HOST, simulatedHosts } from "../../cli/up/simulated-external";
import { loadStackFile, readStackFile } from "../../config/load";
import { testConfig } from "../support/config";

const KEYS = '{"keys":[{"kty":"EC"}]}';

describe("configuration that a machine adds", () => {
    it("contains its keys, if a JWKS is left empty for them", () => {
        const other = { issuer: "b", jwksUri: "https://b.example" };
        const edge = { adminRole: "staff", issuers: [{ issuer: "a", jwks: EMPTY_JWKS }, other] };
        assert.deepEqual(withKeys({ domain: "x", edge }, KEYS), {
            domain: "x",
            edge: { adminRole: "staff", issuers: [{ issuer: "a", jwks: KEYS }, other] },
        });
        assert.deepEqual(withKeys({ domain: "x" }, KEYS), { domain: "x" });
    });

    it("has a place in this machine's stack", () => {
        const local = readStackFile("local", `${__dirname}/../..`);
        assert.ok(JSON.stringify(withKeys(local, KEYS)).includes(JSON.stringify(KEYS)));
        assert.ok(!JSON.stringify(withKeys(local, KEYS)).includes(JSON.stringify(EMPTY_JWKS)));
    });

    it("contains the images that it built, and nothing else of the edge", () => {
        const images = {
            pause: "pause:1",
            coredns: "coredns:1",
            metricsServer: "metrics-server:1",
            standin: "standin:1",
            ratelimit: "ratelimit:1",
            redis: "redis:1",
            flagger: "flagger:1",
            loadtester: "loadtester:1",
            prometheus: "prometheus:1",
            certManager: { hub: "jetstack", tag: "1" },
            istio: { hub: "hub", tags: { "1.30.4": "old", "1.31.1": "new" } },
        };
        const folders = { certManagerChart: "chart", flaggerCharts: "flagger-charts" };
        const edge = { adminRole: "staff", rateLimit: { replicas: 1 } };
        const revisions = [
            { name: "1-30-4", version: "1.30.4" },
            { name: "1-31-1", version: "1.31.1" },
        ];
        const settings = { edge, delivery: { enabled: true }, istio: { revisions, stable: "1-30-4" } };
        const entries = onEmbeddedNode(settings, folders, { images }, "charts");
        assert.deepEqual(entries["edge"], {
            adminRole: "staff",
            rateLimit: { replicas: 1, image: "ratelimit:1", redisImage: "redis:1" },
        });
        assert.deepEqual(entries["delivery"], {
            enabled: true,
            charts: { from: "folder", path: "flagger-charts" },
            image: "flagger:1",
            loadTesterImage: "loadtester:1",
        });
        assert.deepEqual(entries["istio"], {
            revisions: [
                { name: "1-30-4", version: "1.30.4", tag: "old" },
                { name: "1-31-1", version: "1.31.1", tag: "new" },
            ],
            stable: "1-30-4",
            charts: { from: "folder", path: "charts/{version}" },
            hub: "hub",
        });
    });

    it("is rejected for a version of Istio that the embedded node does not have", () => {
        const of = (version: string) =>
            testConfig({ domain: "a.example", istio: { revisions: [{ name: "a", version }] } }).istio;
        assert.deepEqual(embeddedIstioVersions(of("1.30.4")), ["1.30.4"]);
        assert.throws(
            () => embeddedIstioVersions(of("1.31.4")),
            /the embedded node has no Istio 1\.31\.4; it has 1\.31\.1, 1\.30\.4/,
        );
        const { istio } = loadStackFile("local", `${__dirname}/../..`);
        assert.doesNotThrow(() => embeddedIstioVersions(istio));
    });
});

describe("the stack local on another cluster", () => {
    it("uses the real external services, with the CAs of Istio's image", () => {
        const entries = readStackFile("local", `${__dirname}/../..`);
        assert.deepEqual(entries["egress"], { caSecret: "outside-authority" });
        assert.deepEqual(onOtherCluster(entries, "x")["egress"], {});
        const ranges = { egress: { caSecret: "x", excludedCidrs: ["10.0.0.0/8"] } };
        assert.deepEqual(onOtherCluster(ranges, "x")["egress"], { excludedCidrs: ["10.0.0.0/8"] });
    });
});

describe("the external services that the local cluster simulates", () => {
    it("are every external host of the catalogue, and an unlisted one", () => {
        const listed = Object.values(catalogue.external).flatMap(({ hosts }) => [...hosts]);
        const all = simulatedHosts(catalogue);
        assert.equal(all.length, listed.length + 1);
        assert.ok(listed.every(({ host }) => all.some((one) => one.host === host)));
        assert.equal(
            listed.some(({ host }) => host === UNLISTED_HOST.host),
            false,
        );
    });
});
