import assert from "node:assert/strict";
import { platform } from "../../../catalogue/platform";
import { hashesByPath, keyPattern } from "../../../components/traffic/hash-by-path";
import { testConfig } from "../../support/config";

const key = (path: string) => path.replace(new RegExp(keyPattern("/hls/{*}/{key}/{**}")), "$1");

describe("the hash key in a client's path", () => {
    it("is the segment that the catalogue names, whatever follows", () => {
        assert.equal(key("/hls/acme/cam-7/index.m3u8"), "cam-7");
        assert.equal(key("/hls/acme/cam-7/720p/part1.mp4?_HLS_msn=12&a=/x/y"), "cam-7");
    });

    it("is the path itself without such a segment", () => {
        for (const path of ["/hls/acme", "/v1/x/y/z", "/hls/acme/cam-7"]) assert.equal(key(path), path);
    });

    it("is read at the gateway for each exposure of such a service, and of no other", () => {
        const config = testConfig({ domain: "mesh.example.com" });
        assert.deepEqual(
            hashesByPath({ catalogue: platform, config }).map(({ metadata }) => metadata.name),
            ["public-stream-hash"],
        );
    });
});
