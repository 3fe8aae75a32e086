import assert from "node:assert/strict";
import { ConfigError } from "../../config/load";
import { testConfig } from "../support/config";

const OLD = { name: "1-30-5", version: "1.30.5" };
const NEW = { name: "1-31-1", version: "1.31.1" };

describe("a stack's revisions", () => {
    const problems = (istio: unknown): string => {
        try {
            testConfig({ domain: "a.example", istio });
        } catch (error) {
            assert.ok(error instanceof ConfigError);
            return error.problems.join("\n");
        }
        return "";
    };
    const one = { name: "a", version: "1.31.1" };

    it("are one, or two of which one is selected", () => {
        assert.match(problems({ revisions: [one, OLD] }), /^istio\.stable: must name one of revisions$/);
        assert.match(
            problems({ revisions: [one], stable: "b" }),
            /^istio\.stable: must name one of revisions$/,
        );
        assert.match(
            problems({ revisions: [one, one], stable: "a" }),
            /^istio\.revisions: must list each revision once/,
        );
        assert.match(
            problems({ revisions: [{ ...one, name: "stable" }] }),
            /^istio\.revisions\.0\.name: must be another name/,
        );
        assert.match(problems({ revisions: [{ ...one, verison: "1.2.3" }] }), /did you mean "version"/);
        assert.equal(problems({ revisions: [one] }), "");
    });

    it("have a version of Istio that the program knows, which is the one in their name", () => {
        assert.match(
            problems({ revisions: [{ name: "a" }] }),
            /^istio\.revisions\.0\.version: .*it is missing$/,
        );
        assert.match(
            problems({ revisions: [{ name: "a", version: "1.29.4" }] }),
            /^istio\.revisions\.0\.version: must be a release of Istio 1\.30 or 1\.31, .*\(config\/versions\.ts\)$/,
        );
        assert.match(
            problems({ revisions: [{ name: "a", version: "1.31" }] }),
            /^istio\.revisions\.0\.version: must be a release of Istio such as 1\.31\.1/,
        );
        assert.match(
            problems({ revisions: [{ name: "1-31-1", version: "1.31.2" }] }),
            /^istio\.revisions\.0\.version: must be the release in the revision's name/,
        );
    });

    it("share CRDs that are not older than any of them", () => {
        assert.match(
            problems({ revisions: [OLD, NEW], stable: OLD.name, componentVersions: { base: "1.30.5" } }),
            /^istio\.componentVersions\.base: 1\.30\.5 lacks CRDs that revision 1-31-1 \(1\.31\.1\) needs; set it to 1\.31\.1$/,
        );
    });
});
