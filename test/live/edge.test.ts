import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { Agent } from "node:https";
import { setTimeout as pause } from "node:timers/promises";
import { plans } from "../../catalogue/plans";
import type { Sign } from "../../cli/verify";
import { loadStackFile } from "../../config/load";
import { CHECKOUT, withPlatform } from "./checkout";
import { type Answer, get, target } from "./client";
import { Deployment } from "./deployment";
import { eventually } from "./eventually";
import { bearer, signerOf } from "./tokens";

/** How long a busy machine may take until a limiter that it hardly lets answer has counted as many as a plan allows. */
const LIMITED_WITHIN_MS = 90_000;
const ROUND_MS = 250;
/** Between a change of the limiter's workloads and the gateways' seeing it. */
const SETTLE_MS = 5_000;

describe("the edge on the node", function () {
    this.timeout(900_000);
    const { edge, domain } = loadStackFile("local", CHECKOUT);
    let node: Deployment;
    let sign: Sign;

    async function kubectl(...args: string[]): Promise<string> {
        return await node.kubectl(["--namespace", "istio-ingress", ...args]);
    }

    const agent = new Agent({ keepAlive: true, maxSockets: 4 });

    function ask(label: string, path: string, headers: Record<string, string> = {}): Promise<Answer> {
        return get(target(node.entry, `${label}.${domain}`, path, headers), agent);
    }

    async function together(count: number, headers: Record<string, string>): Promise<Answer[]> {
        return await Promise.all(Array.from({ length: count }, () => ask("api", "/v1/x", headers)));
    }

    before(async () => {
        node = await Deployment.of();
        sign = await signerOf(edge.issuers[0]);
    });

    after(() => {
        agent.destroy();
    });

    it("keeps the limiter's cluster at the gateway when routes change", async () => {
        const virtualService = {
            apiVersion: "networking.istio.io/v1",
            kind: "VirtualService",
            metadata: { name: "test-routes-change", namespace: "istio-ingress" },
            spec: {
                hosts: [`routes-change.${domain}`],
                gateways: ["istio-ingress/nowhere"],
                http: [{ route: [{ destination: { host: "auth.sparc.svc.cluster.local" } }] }],
            },
        };
        const counted = async () =>
            (await ask("api", "/v1/x", bearer(sign))).headers["x-ratelimit-limit"] !== undefined;
        const isCounted = async () => {
            assert.ok(await counted());
        };
        await eventually(isCounted, LIMITED_WITHIN_MS);
        await node.kubectl(["apply", "--filename", "-"], JSON.stringify(virtualService));
        try {
            await pause(SETTLE_MS);
            await eventually(isCounted, LIMITED_WITHIN_MS);
        } finally {
            await kubectl("delete", "virtualservice", virtualService.metadata.name);
        }
    });

    it("lets a client ask as often as its plan says, then answers 429, and nobody else", async () => {
        const allowed = plans.default.client.requests;
        const [tenant, subject] = [randomUUID(), randomUUID()];
        const found: Answer[] = [];
        const refused = () => found.filter(({ status }) => status === 429);
        const start = Date.now();
        while (refused().length < 10 && Date.now() - start < LIMITED_WITHIN_MS) {
            found.push(...(await together(20, bearer(sign, { tenant, subject }))));
            // Without a pause the requests themselves keep the limiter from answering in time on two cores.
            await pause(ROUND_MS);
        }
        // Counted by the minute of the clock.
        const minutes = Math.floor(Date.now() / 60_000) - Math.floor(start / 60_000) + 1;
        const passed = found.filter(({ status }) => status === 200);
        assert.equal(passed.length + refused().length, found.length);
        assert.ok(refused().length >= 10, `${passed.length} passed`);
        assert.ok(passed.length >= allowed, `${passed.length} passed`);
        // What the limiter does not answer within 25 ms passes, on a machine with more to do than processors, and bears no
        // header of it. Of what it did answer, no more passes than the plan says.
        const counted = passed.filter((answer) => answer.headers["x-ratelimit-remaining"] !== undefined);
        assert.ok(counted.length <= allowed * minutes, `${counted.length} were counted, and passed`);
        assert.ok(counted.length > 0);
        for (const { headers } of refused()) {
            assert.match(String(headers["x-ratelimit-limit"]), new RegExp(`^${allowed}\\b`));
            assert.equal(headers["x-ratelimit-remaining"], "0");
        }
        assert.equal((await ask("api", "/v1/x", bearer(sign, { tenant }))).status, 200);
        assert.equal((await ask("api", "/v1/x", bearer(sign, { subject }))).status, 200);
    });

    for (const gone of ["ratelimit-redis", "ratelimit"]) {
        it(`lets everything pass while ${gone} is stopped`, async () => {
            await kubectl("scale", "deployment", gone, "--replicas=0");
            try {
                await pause(SETTLE_MS);
                const found = await together(plans.default.client.requests + 10, bearer(sign));
                assert.deepEqual(new Set(found.map(({ status }) => status)), new Set([200]));
            } finally {
                await kubectl("scale", "deployment", gone, "--replicas=1");
                await kubectl("rollout", "status", "deployment", gone, "--timeout=300s");
            }
        });
    }

    it("passes on to a host no more than its limit, whoever asks", async () => {
        const exposure = "{ ...one, ...(one.host === 'auth' && { limit: { requests: 5, per: 'hour' } }) }";
        const auth = `{ ...original.services["auth"]!, exposures: original.services["auth"]!.exposures!.map((one) => (${exposure})) }`;
        await node.up(
            withPlatform(`{ ...original, services: { ...original.services, auth: ${auth} } } as Catalogue`),
        );
        try {
            await pause(SETTLE_MS);
            const found: number[] = [];
            for (let n = 0; n < 8; n++) found.push((await ask("auth", "/login")).status);
            assert.deepEqual(found, [...Array<number>(5).fill(200), ...Array<number>(3).fill(429)]);
            assert.equal((await ask("api", "/v1/x", bearer(sign))).status, 200);
        } finally {
            await node.up();
        }
    });
});
