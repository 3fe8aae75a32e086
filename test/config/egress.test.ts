import assert from "node:assert/strict";
import { parseConfig } from "../../config/load";

const parse = (egress: unknown) => parseConfig("test", { domain: "mesh.example.com", egress }).egress;

describe("the configuration of egress", () => {
    it("keeps the gateway out of private networks and of the clouds' metadata, and trusts the image's CAs", () => {
        const { authority, privateRanges } = parse({});
        assert.equal(authority, undefined);
        for (const range of ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16"])
            assert.ok(privateRanges.includes(range), range);
    });

    it("takes a cluster's own ranges instead", () => {
        assert.deepEqual(parse({ privateRanges: ["172.20.0.0/16"] }).privateRanges, ["172.20.0.0/16"]);
    });

    it("refuses what is no range, no range at all, and keys that do not exist", () => {
        for (const range of ["10.0.0.0", "10.0.0.0/33", "10.999.0.0/16", "fd00::/8", "ten"])
            assert.throws(
                () => parse({ privateRanges: [range] }),
                /must be an IPv4 range such as 10.0.0.0\/8/,
            );
        assert.throws(() => parse({ privateRanges: [] }), /privateRanges/);
        assert.throws(() => parse({ authorities: "x" }), /did you mean "authority"\?/);
    });
});
