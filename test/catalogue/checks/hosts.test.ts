import * as assert from "node:assert/strict";

import type { ExternalHost } from "../../../catalogue/model";
import { problemsAfter } from "../small";

describe("hosts of exposures", () => {
    const exposedTwice = (gateway: "public" | "admin", host: string) =>
        problemsAfter(({ services, exposure }) => {
            services.front.exposures = [exposure, { ...exposure, gateway, host, requests: ["POST /items"] }];
        });

    it("must be unique over all gateways", () => {
        for (const gateway of ["public", "admin"] as const) {
            assert.deepEqual(exposedTwice(gateway, "api"), [
                {
                    rule: "duplicate-host",
                    where: `front.exposures[1] → ${gateway} api`,
                    message: "front.exposures[0] and front.exposures[1] both have the host api",
                    remedy: "Choose a different host for one of them.",
                },
            ]);
        }
    });

    it("can be several for one port", () => {
        assert.deepEqual(exposedTwice("public", "api-2"), []);
    });

    it("must be one label", () => {
        assert.deepEqual(exposedTwice("public", "api.eu"), [
            {
                rule: "malformed-value",
                where: "services.front.exposures[1].host",
                message: '"api.eu" is not one label of a host name',
                remedy: "Write one label in lower case, such as api; the stack's domain is appended.",
            },
        ]);
    });
});

describe("external hosts", () => {
    const listing = (...hosts: Partial<ExternalHost>[]) =>
        problemsAfter(({ external }) => {
            external.mail.hosts = hosts.map((host) => ({
                host: "mail.example.com",
                port: 443,
                protocol: "https",
                ...host,
            }));
        });

    for (const host of [
        "*.example.com",
        "localhost",
        "10.0.0.1",
        "Mail.example.com",
        "mail_1.example.com",
        "a..b",
        "https://a.b",
    ]) {
        it(`cannot be ${host}`, () => {
            assert.deepEqual(listing({ host }), [
                {
                    rule: "malformed-value",
                    where: "external.mail.hosts[0].host",
                    message: `"${host}" is not a fully qualified DNS name`,
                    remedy: "Write a fully qualified DNS name in lower case, such as api.example.com. List each host: wildcards are not allowed.",
                },
            ]);
        });
    }

    for (const host of ["a.b", "s3.us-east-1.amazonaws.com", "1and1.com", "xn--bcher-kva.example"]) {
        it(`can be ${host}`, () => {
            assert.deepEqual(listing({ host }), []);
        });
    }

    it("must be unique over all groups", () => {
        const problems = problemsAfter(({ external }) => {
            external["post"] = { summary: "Another.", hosts: [...external.mail.hosts] };
        });
        assert.deepEqual(problems, [
            {
                rule: "duplicate-external-host",
                where: "external.post.hosts[0] → mail.example.com",
                message: "external.mail.hosts[0] and external.post.hosts[0] both define mail.example.com:443",
                remedy: "List it in one group only, because it has one circuit breaker.",
            },
        ]);
    });

    it("can be listed once per port", () => {
        assert.deepEqual(listing({}, { port: 465, protocol: "tls" }), []);
    });
});
