import assert from "node:assert/strict";
import { testConfig } from "../support/config";

const parse = (egress: unknown) => testConfig({ domain: "mesh.example.com", egress }).egress;

describe("the egress configuration", () => {
    it("excludes private networks and cloud metadata by default, and trusts the image's CAs", () => {
        const { caSecret, excludedCidrs } = parse({});
        assert.equal(caSecret, undefined);
        for (const range of ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16"])
            assert.ok(excludedCidrs.includes(range), range);
    });

    it("accepts a cluster's ranges instead", () => {
        assert.deepEqual(parse({ excludedCidrs: ["172.20.0.0/16"] }).excludedCidrs, ["172.20.0.0/16"]);
    });

    it("rejects invalid ranges, an empty list, and unknown keys", () => {
        for (const range of ["10.0.0.0", "10.0.0.0/33", "10.999.0.0/16", "fd00::/8", "ten"])
            assert.throws(
                () => parse({ excludedCidrs: [range] }),
                /must be an IPv4 range such as 10.0.0.0\/8/,
            );
        assert.throws(() => parse({ excludedCidrs: [] }), /excludedCidrs/);
        assert.throws(() => parse({ caSecrets: "x" }), /did you mean "caSecret"\?/);
    });
});
