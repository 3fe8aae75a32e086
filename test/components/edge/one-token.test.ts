import assert from "node:assert/strict";
import { queryRegex } from "../../../components/edge/single-token";

describe("a token in the query in addition to one in the header", () => {
    // RE2's `(?i:…)` is not JavaScript's on every version of Node.
    const query = new RegExp(`^(?:${queryRegex().replaceAll("(?i:", "(?:")})$`, "i");

    it("is detected in every form that Envoy reads, also with an encoded name", () => {
        for (const path of [
            "/v1/x?access_token=a.b.c",
            "/v1/x?page=2&access_token=a.b.c&x=1",
            "/v1/x?access%5Ftoken=a.b.c",
            "/v1/x?%61ccess_toke%6E=a.b.c",
            "/v1/x?access_token",
        ])
            assert.match(path, query);
    });

    it("is not detected without one", () => {
        for (const path of [
            "/v1/access_token",
            "/v1/x?my_access_token=1",
            "/v1/x?access_tokens=1",
            "/v1/x?page=access_token",
            "/access_token=1/x",
        ])
            assert.doesNotMatch(path, query);
    });
});
