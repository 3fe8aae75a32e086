import assert from "node:assert/strict";
import { platform as catalogue } from "../../catalogue/platform";
import { NO_KEYS, onEmbeddedNode, onOtherCluster, withKeys } from "../../cli/up/entries";
import { UNLISTED, outsideOf } from "../../cli/up/outside";
import { readStackFile } from "../../config/load";

const KEYS = '{"keys":[{"kty":"EC"}]}';

describe("what a machine adds to the configuration", () => {
    it("are its keys, where a key set is left empty for them", () => {
        const other = { issuer: "b", jwksUri: "https://b.example" };
        const edge = { adminRole: "staff", issuers: [{ issuer: "a", jwks: NO_KEYS }, other] };
        assert.deepEqual(withKeys({ domain: "x", edge }, KEYS), {
            domain: "x",
            edge: { adminRole: "staff", issuers: [{ issuer: "a", jwks: KEYS }, other] },
        });
        assert.deepEqual(withKeys({ domain: "x" }, KEYS), { domain: "x" });
    });

    it("have a place to go in the stack of this machine", () => {
        const local = readStackFile("local", `${__dirname}/../..`);
        assert.ok(JSON.stringify(withKeys(local, KEYS)).includes(JSON.stringify(KEYS)));
        assert.ok(!JSON.stringify(withKeys(local, KEYS)).includes(JSON.stringify(NO_KEYS)));
    });

    it("are the images that it made, and nothing else of the edge", () => {
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
            istio: { hub: "hub", tag: "tag" },
        };
        const folders = { charts: "charts", certManagerChart: "chart", flaggerCharts: "flagger-charts" };
        const edge = { adminRole: "staff", rateLimit: { replicas: 1 } };
        const entries = onEmbeddedNode({ edge, delivery: { enabled: true } }, folders, { images });
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
    });
});

describe("the stack local on another cluster", () => {
    it("meets the real world outside, with the CAs of Istio's own image", () => {
        const entries = readStackFile("local", `${__dirname}/../..`);
        assert.deepEqual(entries["egress"], { authority: "outside-authority" });
        assert.deepEqual(onOtherCluster(entries, "x")["egress"], {});
        const ranges = { egress: { authority: "x", privateRanges: ["10.0.0.0/8"] } };
        assert.deepEqual(onOtherCluster(ranges, "x")["egress"], { privateRanges: ["10.0.0.0/8"] });
    });
});

describe("what the node plays of the world outside", () => {
    it("is every external host of the catalogue, and one that is not in it", () => {
        const listed = Object.values(catalogue.external).flatMap(({ hosts }) => [...hosts]);
        const all = outsideOf(catalogue);
        assert.equal(all.length, listed.length + 1);
        assert.ok(listed.every(({ host }) => all.some((one) => one.host === host)));
        assert.equal(
            listed.some(({ host }) => host === UNLISTED.host),
            false,
        );
    });
});
