import assert from "node:assert/strict";
import { join } from "node:path";
import { exampleValues } from "../../config/examples";
import { loadStackFile } from "../../config/load";
import { testConfig } from "../support/config";

const ROOT = join(__dirname, "..", "..");

describe("values that are reserved for examples", () => {
    it("are all found in the committed stacks at AWS, with their keys", () => {
        const keysOf = (stack: string) =>
            exampleValues(loadStackFile(stack, ROOT)).map((problem) => problem.split(": ")[0]);
        assert.deepEqual(keysOf("dev"), [
            "domain",
            "cluster.admins.0",
            "certificates.issuer.email",
            "edge.issuers.0.issuer",
            "edge.issuers.0.audiences.0",
            "edge.issuers.0.jwksUri",
            "edge.jwksCidrs.0",
            "edge.corsOrigins.0",
        ]);
        assert.deepEqual(keysOf("prod"), [
            "domain",
            "cluster.admins.0",
            "cluster.viewers.0",
            "certificates.issuer.email",
            "certificates.mesh.arn",
            "edge.issuers.0.issuer",
            "edge.issuers.0.audiences.0",
            "edge.issuers.0.jwksUri",
            "edge.jwksCidrs.0",
            "edge.adminCidrs.0",
            "edge.corsOrigins.0",
        ]);
    });

    const reserved = [
        "example.com",
        "platform@mesh.example.org",
        "https://login.example.net/",
        "mesh.example",
        "https://idp.invalid:8443/x",
        "arn:aws:iam::111122223333:role/platform",
        "123456789012",
        "192.0.2.0/24",
        "198.51.100.7/32",
        "203.0.113.128/25",
        "2001:db8::/32",
    ];
    const real = [
        "mesh.acme.io",
        "example.io",
        "counterexample.com",
        "example.com.acme.io",
        "my-example.com",
        "testing.acme.io",
        "arn:aws:iam::811122223333:role/example",
        "1111222233334",
        "10.192.0.2/32",
        "192.0.20.0/24",
        "2001:db9::/32",
        "http://localhost:3000",
    ];
    for (const value of reserved)
        it(`include ${value}`, () => {
            const [problem = "", ...more] = exampleValues({ edge: { list: [value] } });
            assert.deepEqual(more, []);
            assert.ok(problem.startsWith(`edge.list.0: ${value} `), problem);
            assert.match(problem, /; use /);
        });
    for (const value of real)
        it(`do not include ${value}`, () => {
            assert.deepEqual(exampleValues({ value }), []);
        });

    it("are no default of the schema", () => {
        const cluster = { from: "eks", name: "mesh", region: "eu-central-1" };
        assert.deepEqual(exampleValues(testConfig({ domain: "mesh.acme.io", cluster })), []);
    });
});
