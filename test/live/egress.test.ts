import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { nodeStatus } from "../../local";
import { mesh, withPlatform } from "./checkout";
import { Deployment } from "./deployment";
import { eventually } from "./eventually";

/** The fields that the tests read of `mesh verify --json`. */
interface Report {
    readonly proven: boolean;
    readonly counts: readonly { layer: string; expected: string; checks: number; mismatches: number }[];
    readonly mismatches: readonly unknown[];
    readonly unchecked: readonly { readonly requested: boolean }[];
    readonly checks: readonly {
        readonly source: string;
        readonly host?: string;
        readonly expected: { readonly kind: string };
    }[];
}

/** The fields that the tests read of the egress gateway's access log. */
interface LogLine {
    readonly tenant: string | null;
    readonly trace: string | null;
    /** Null without an mTLS handshake. */
    readonly caller: string | null;
    readonly host: string;
    readonly status: number;
    readonly details: string | null;
    readonly ended: string | null;
    readonly milliseconds: number;
}

describe("egress on the local cluster", function () {
    this.timeout(900_000);
    let node: Deployment;
    let authority: string;

    async function verify(): Promise<Report> {
        const { stdout, stderr } = await mesh(copy, ["verify", "--layer", "egress", "--json"]);
        assert.notEqual(stdout, "", stderr);
        return JSON.parse(stdout) as Report;
    }

    async function accessLog(): Promise<LogLine[]> {
        const text = await node.kubectl([
            "logs",
            "--namespace",
            "istio-egress",
            "deploy/istio-egressgateway",
        ]);
        const lines = text.split("\n").filter((line) => line.startsWith("{"));
        return lines.map((line) => JSON.parse(line) as LogLine);
    }

    /** Other protocols and ports, and two TCP hosts on one port. */
    const BANK = [
        { host: "ledger.example.com", port: 5432, protocol: "tcp" },
        { host: "journal.example.com", port: 5432, protocol: "tcp" },
        { host: "files.example.com", port: 8443, protocol: "https", tls: "originate" },
    ];
    let copy: string;

    before(async () => {
        node = await Deployment.of();
        const external = `{ ...original.external, bank: { summary: "A bank.", hosts: ${JSON.stringify(BANK)} } }`;
        const services = `{ ...original.services, billing: { ...original.services["billing"]!, external: [...original.services["billing"]!.external!, "bank"] } }`;
        copy = withPlatform(
            `{ ...original, services: ${services}, external: ${external} } as unknown as Catalogue`,
        );
        await node.up(copy);
        const { simulatedExternal } = await nodeStatus();
        assert.ok(simulatedExternal !== undefined, "the node simulates no external services");
        authority = readFileSync(simulatedExternal.authority, "utf8");
    });

    after(() => node.up());

    it("allows each service to reach the hosts of its groups, only through the gateway, and logs each call", async () => {
        const { proven, mismatches, counts, unchecked, checks } = await verify();
        assert.deepEqual(
            {
                mismatches,
                unchecked: unchecked.filter(({ requested }) => !requested),
                proven,
            },
            { mismatches: [], unchecked: [], proven: true },
        );
        const egress = counts.filter(({ layer }) => layer === "egress");
        assert.deepEqual(egress.map(({ expected }) => expected).sort(), [
            "no-route",
            "no-such-host",
            "rbac",
            "via-egress-gateway",
        ]);
        assert.ok(egress.every((count) => count.checks > 30));
        // Also by other protocols and ports: billing's requests to the bank arrived, and only they.
        for (const { host } of BANK) {
            const arrived = checks.filter(
                (check) => check.host === host && check.expected.kind === "via-egress-gateway",
            );
            assert.deepEqual([...new Set(arrived.map(({ source }) => source))], ["billing"], host);
        }

        const log = await accessLog();
        const of = (service: string, host: string) =>
            log.filter((line) => line.caller?.endsWith(`/sa/${service}`) && line.host === host);
        assert.ok(of("notifications", "api.twilio.com").some(({ status }) => status === 200));
        assert.ok(of("billing", "api.stripe.com").some(({ ended }) => ended === null));
        assert.ok(of("search", "api.twilio.com").every(({ status }) => status === 403));
        assert.ok(of("search", "api.stripe.com").every(({ ended }) => ended?.includes("rbac_access_denied")));
        assert.ok(log.every(({ milliseconds }) => milliseconds >= 0));
    });

    it("sends an external service nothing about the caller, and logs all of it", async () => {
        const trace = randomBytes(16).toString("hex");
        const inside = {
            "x-tenant": "acme",
            "x-subject": "ada",
            "x-roles": "admin",
            "x-plan": "enterprise",
            "x-envoy-peer-metadata": "cG9k",
            "x-envoy-retry-on": "5xx",
            "x-forwarded-for": "203.0.113.7",
            baggage: "tenant=acme",
        };
        const [result] = await node.probe("notifications", [
            {
                address: "api.twilio.com:80",
                path: "/",
                headers: { ...inside, accept: "text/plain", traceparent: `00-${trace}-${"1".repeat(16)}-01` },
            },
        ]);
        assert.equal(result?.outcome, "answered", result?.detail);
        const { caller, headers = {} } = result.answer ?? {};
        assert.equal(caller, "");
        const seen = [
            "accept",
            "host",
            "traceparent",
            "tracestate",
            "user-agent",
            "x-forwarded-proto",
            "x-request-id",
        ];
        assert.deepEqual(
            Object.keys(headers).filter((name) => !seen.includes(name)),
            [],
        );
        // The caller's other headers reach the external service, with its host name.
        assert.deepEqual([headers["accept"], headers["host"]], ["text/plain", "api.twilio.com"]);
        assert.match(headers["traceparent"] ?? "", new RegExp(`^00-${trace}-`));
        await eventually(async () => {
            const lines = (await accessLog()).filter((line) => line.trace === trace);
            assert.deepEqual(
                lines.map(({ tenant, host }) => [tenant, host]),
                [["acme", "api.twilio.com"]],
            );
        });
    });

    it("times out after the group's timeout, without retries", async () => {
        const before = (await accessLog()).length;
        const [slow] = await node.probe("notifications", [
            { address: "api.twilio.com:80", path: "/?delay=20s", timeoutMs: 15_000 },
        ]);
        assert.deepEqual([slow?.outcome, slow?.status], ["http", 504]);
        assert.ok(slow!.ms >= 4_900 && slow!.ms < 7_000, `${slow!.ms} ms`);
        // Envoy flushes its access log once per second.
        await pause(2_500);
        const lines = (await accessLog()).slice(before).filter(({ host }) => host === "api.twilio.com");
        assert.equal(lines.length, 1);
    });

    const well = { address: "api.fastly.com:80", path: "/" };

    it("ejects an external host that keeps failing", async () => {
        const failing = { ...well, path: "/?status=503" };
        for (let count = 0; count < 5; count++) {
            const [result] = await node.probe("video", [failing]);
            assert.deepEqual([result?.outcome, result?.status], ["answered", 503]);
        }
        const [stopped] = await node.probe("video", [well]);
        assert.equal(stopped?.status, 503);
        assert.match(stopped.detail, /no healthy upstream/);
        const [other] = await node.probe("video", [{ ...well, address: "cloudfront.amazonaws.com:80" }]);
        assert.equal(other?.outcome, "answered");
    });

    it("forwards no more than a group's rate limit", async () => {
        const request = {
            address: "api.stripe.com:443",
            tls: { caPem: authority, serverName: "api.stripe.com" },
            timeoutMs: 20_000,
        };
        const begun = Date.now();
        const results = await node.probe("billing", Array<object>(1300).fill(request), 16);
        const minutes = (Date.now() - begun) / 60_000;
        const passed = results.filter(({ outcome }) => outcome === "answered").length;
        const closed = results.filter(({ outcome }) => outcome === "reset").length;
        assert.equal(
            passed + closed,
            1300,
            `${passed} passed, ${closed} were closed, and else: ${JSON.stringify(
                results.find(({ outcome }) => outcome !== "answered" && outcome !== "reset"),
            )}`,
        );
        // 600 per minute; the bucket is full at the start.
        const max = 600 * (Math.floor(minutes) + 2);
        assert.ok(
            passed >= 500 && passed <= max,
            `${passed} passed and ${closed} were closed in ${minutes.toFixed(1)} minutes`,
        );
    });

    // After the test of the rate limit, which takes as long as an ejection.
    it("uses an ejected external host again later", async () => {
        await eventually(async () => {
            const [back] = await node.probe("video", [well]);
            assert.equal(back?.outcome, "answered", back?.detail);
        });
    });
});
