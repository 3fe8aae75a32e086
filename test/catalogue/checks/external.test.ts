import * as assert from "node:assert/strict";

import type { ExternalGroup } from "../../../catalogue/model";
import { problemsAfter } from "../small";

const HTTPS = { host: "mail.example.com", port: 443, protocol: "https" } as const;

/** Problems of a group with this single, changed host. */
function problems(change: Partial<ExternalGroup>) {
    return problemsAfter(({ external }) => {
        external.mail = {
            summary: "An external service.",
            hosts: [HTTPS],
            ...change,
        } as typeof external.mail;
    });
}

describe("external groups", () => {
    it("can use every field of the catalogue", () => {
        assert.deepEqual(
            problems({
                hosts: [
                    { ...HTTPS, tls: "originate" },
                    { ...HTTPS, port: 8443 },
                    { ...HTTPS, port: 465, protocol: "tls" },
                ],
                circuitBreaker: { maxConnections: 1, consecutive5xxErrors: 1, baseEjectionTime: "1m" },
                timeout: "500ms",
                rateLimit: { requests: 1, per: "day" },
            }),
            [],
        );
    });

    for (const host of [
        "billing.abc123.eu-central-1.rds.amazonaws.com",
        "proxy.proxy-abc123.eu-central-1.rds.amazonaws.com",
        "sessions.abc123.0001.euc1.cache.amazonaws.com",
        "b-1.events.abc123.c2.kafka.eu-central-1.amazonaws.com",
        "clustercfg.keys.abc123.memorydb.eu-central-1.amazonaws.com",
        "docs.cluster-abc123.eu-central-1.docdb.amazonaws.com",
        "wh.abc123.eu-central-1.redshift.amazonaws.com",
        "wg.123456789012.us-east-1.redshift-serverless.amazonaws.com",
        "db.cluster-abc123.eu-central-1.neptune.amazonaws.com",
        "b-abc123-1.mq.eu-central-1.amazonaws.com",
        "b-abc123-1.mq.eu-central-1.on.aws",
        "boot-abc123.c2.kafka-serverless.eu-central-1.amazonaws.com",
        "vpc-search-abc123.eu-central-1.es.amazonaws.com",
        "vpc-search-abc123.aos.eu-central-1.on.aws",
        "billing.abc123.rds.cn-north-1.amazonaws.com.cn",
        "sessions.abc123.0001.cnn1.cache.amazonaws.com.cn",
        "docs.cluster-abc123.docdb.cn-north-1.amazonaws.com.cn",
        "wh.abc123.cn-north-1.redshift.amazonaws.com.cn",
        "wg.123456789012.cn-north-1.redshift-serverless.amazonaws.com.cn",
        "db.cluster-abc123.neptune.cn-north-1.amazonaws.com.cn",
        "b-1.events.abc123.c2.kafka.cn-north-1.amazonaws.com.cn",
        "boot-abc123.c2.kafka-serverless.cn-north-1.amazonaws.com.cn",
        "clustercfg.keys.abc123.memorydb.cn-north-1.amazonaws.com.cn",
        "b-abc123-1.mq.cn-north-1.amazonaws.com.cn",
        "vpc-search-abc123.cn-north-1.es.amazonaws.com.cn",
    ])
        it(`require a network for ${host}, whose address is usually private`, () => {
            const hosts = [{ host, port: 5432, protocol: "tcp" }] as const;
            const reported = problems({ hosts: [...hosts] });
            assert.deepEqual(
                reported.map(({ rule, where }) => [rule, where]),
                [["managed-network", `external.mail.hosts[0] → ${host}`]],
            );
            assert.match(
                reported[0]?.remedy ?? "",
                /external\.mail\.network .*egress\.networks.* "internet"/,
            );
            for (const network of ["internet", "databases"])
                assert.deepEqual(problems({ hosts: [...hosts], network }), []);
        });

    it("need no network for AWS services with public addresses", () => {
        for (const host of [
            "s3.us-east-1.amazonaws.com",
            "rds.us-east-1.amazonaws.com",
            "kafka.us-east-1.amazonaws.com",
            "redshift-serverless.us-east-1.amazonaws.com",
            "rds.cn-north-1.amazonaws.com.cn",
            "search-public-abc123.eu-central-1.es.amazonaws.com",
        ])
            assert.deepEqual(problems({ hosts: [{ ...HTTPS, host }] }), []);
    });

    it("allow TLS origination only for HTTPS", () => {
        assert.deepEqual(problems({ hosts: [{ ...HTTPS, protocol: "tls", tls: "originate" }] }), [
            {
                rule: "originate-not-https",
                where: "external.mail.hosts[0] → mail.example.com",
                message: 'mail.example.com has tls: "originate", but its protocol is tls',
                remedy: 'Set tls: "passthrough" and let the caller originate TLS, or set protocol: "https".',
            },
        ]);
    });

    it("allow plain HTTP on one port per host", () => {
        const reported = problems({
            hosts: [
                { ...HTTPS, tls: "originate" },
                { ...HTTPS, port: 8443, tls: "originate" },
            ],
        });
        assert.deepEqual(
            reported.map(({ rule, message }) => [rule, message]),
            [
                [
                    "originated-twice",
                    "callers reach mail.example.com on port 80, which cannot lead to both 443 and 8443",
                ],
            ],
        );
    });

    it("cannot use a port of the proxies", () => {
        for (const port of [15000, 15021, 15999]) {
            assert.deepEqual(
                problems({ hosts: [{ ...HTTPS, port }] }).map(({ rule }) => rule),
                ["reserved-port"],
            );
        }
        assert.deepEqual(problems({ hosts: [{ ...HTTPS, port: 14999 }] }), []);
    });

    it("keep all ports of a host in one group", () => {
        const reported = problemsAfter(({ external }) => {
            external["post"] = { summary: "Another.", hosts: [{ ...HTTPS, port: 8443 }] };
        });
        assert.deepEqual(
            reported.map(({ rule, where, message }) => [rule, where, message]),
            [
                [
                    "shared-external-host",
                    "external.post.hosts[0] → mail.example.com",
                    "the external groups mail and post both list mail.example.com",
                ],
            ],
        );
    });
});
