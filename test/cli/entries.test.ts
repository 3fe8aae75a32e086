import assert from "node:assert/strict";
import { platform as catalogue } from "../../catalogue/platform";
import { onOtherCluster } from "../../cli/up/entries";
import { UNLISTED, outsideOf } from "../../cli/up/outside";
import { readStackFile } from "../../config/load";

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
