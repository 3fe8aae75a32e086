import assert from "node:assert/strict";
import { queryRegex } from "../../../components/edge/single-token";

describe("a token in the query", () => {
    // RE2's `(?i:…)` is not JavaScript's on every version of Node.
    const query = new RegExp(`^(?:${queryRegex().replaceAll("(?i:", "(?:")})$`, "i");

    it("is a JWT, also with an encoded name", () => {
        for (const path of [
            "/v1/x?access_token=a.b.c",
            "/v1/x?page=2&access_token=a.b.c&x=1",
            "/v1/x?access%5Ftoken=a.b.c",
            "/v1/x?%61ccess_toke%6E=aA0_-.b.c",
        ])
            assert.match(path, query);
    });

    it("is none under another name, and in no other form", () => {
        for (const path of [
            "/v1/access_token",
            "/v1/x?my_access_token=a.b.c",
            "/v1/x?access_tokens=a.b.c",
            "/v1/x?page=access_token",
            "/access_token=a.b.c/x",
            "/v1/x?access_token",
            "/v1/x?access_token=",
            "/v1/x?access_token=a.b",
            "/v1/x?access_token=a..b.c",
            "/v1/x?access_token=a.b.c.d",
            "/v1/x?access_token=a.b.c=",
            "/v1/x?access_token=a%2eb.c",
            "/v1/x?access_token=a.b.c;d",
        ])
            assert.doesNotMatch(path, query);
    });
});
