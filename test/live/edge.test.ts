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

/** How long a busy machine may take until the limiter, which often times out, has counted a plan's limit. */
const LIMITED_WITHIN_MS = 90_000;
const ROUND_MS = 250;
/** Until a change of the limiter's workloads has reached the gateways. */
const PROPAGATION_MS = 5_000;

describe("the edge on the local cluster", function () {
    this.timeout(900_000);
    const { edge, domain } = loadStackFile("local", CHECKOUT);
    let node: Deployment;
    let sign: Sign;

    async function kubectl(...args: string[]): Promise<string> {
        return await node.kubectl(["--namespace", "istio-ingress", ...args]);
    }

    const agent = new Agent({ keepAlive: true, maxSockets: 4 });

    function send(label: string, path: string, headers: Record<string, string> = {}): Promise<Answer> {
        return get(target(node.entry, `${label}.${domain}`, path, headers), agent);
    }

    async function together(count: number, headers: Record<string, string>): Promise<Answer[]> {
        return await Promise.all(Array.from({ length: count }, () => send("api", "/v1/x", headers)));
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
            (await send("api", "/v1/x", bearer(sign))).headers["x-ratelimit-limit"] !== undefined;
        const isCounted = async () => {
            assert.ok(await counted());
        };
        await eventually(isCounted, LIMITED_WITHIN_MS);
        await node.kubectl(["apply", "--filename", "-"], JSON.stringify(virtualService));
        try {
            await pause(PROPAGATION_MS);
            await eventually(isCounted, LIMITED_WITHIN_MS);
        } finally {
            await kubectl("delete", "virtualservice", virtualService.metadata.name);
        }
    });

    it("allows a client its plan's rate, then answers 429, but not to other clients", async () => {
        const allowed = plans.default.client.requests;
        const [tenant, subject] = [randomUUID(), randomUUID()];
        const answers: Answer[] = [];
        const rateLimited = () => answers.filter(({ status }) => status === 429);
        const start = Date.now();
        while (rateLimited().length < 10 && Date.now() - start < LIMITED_WITHIN_MS) {
            answers.push(...(await together(20, bearer(sign, { tenant, subject }))));
            // Without a pause the requests themselves delay the limiter on two cores.
            await pause(ROUND_MS);
        }
        // The limiter counts per clock minute.
        const minutes = Math.floor(Date.now() / 60_000) - Math.floor(start / 60_000) + 1;
        const passed = answers.filter(({ status }) => status === 200);
        assert.equal(passed.length + rateLimited().length, answers.length);
        assert.ok(rateLimited().length >= 10, `${passed.length} passed`);
        assert.ok(passed.length >= allowed, `${passed.length} passed`);
        // On a busy machine, a request passes without the limiter\'s header if the limiter does not answer within 25 ms. Of the
        // requests with the header, no more pass than the plan allows.
        const counted = passed.filter((answer) => answer.headers["x-ratelimit-remaining"] !== undefined);
        assert.ok(counted.length <= allowed * minutes, `${counted.length} were counted, and passed`);
        assert.ok(counted.length > 0);
        for (const { headers } of rateLimited()) {
            assert.match(String(headers["x-ratelimit-limit"]), new RegExp(`^${allowed}\\b`));
            assert.equal(headers["x-ratelimit-remaining"], "0");
        }
        assert.equal((await send("api", "/v1/x", bearer(sign, { tenant }))).status, 200);
        assert.equal((await send("api", "/v1/x", bearer(sign, { subject }))).status, 200);
    });

    for (const stopped of ["ratelimit-redis", "ratelimit"]) {
        it(`allows all requests while ${stopped} is stopped`, async () => {
            await kubectl("scale", "deployment", stopped, "--replicas=0");
            try {
                await pause(PROPAGATION_MS);
                const answers = await together(plans.default.client.requests + 10, bearer(sign));
                assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]));
            } finally {
                await kubectl("scale", "deployment", stopped, "--replicas=1");
                await kubectl("rollout", "status", "deployment", stopped, "--timeout=300s");
            }
        });
    }

    it("forwards no more requests to a host than its limit, for all clients together", async () => {
        const exposure =
            "{ ...one, ...(one.host === 'auth' && { rateLimit: { requests: 5, per: 'hour' } }) }";
        const auth = `{ ...original.services["auth"]!, exposures: original.services["auth"]!.exposures!.map((one) => (${exposure})) }`;
        await node.up(
            withPlatform(`{ ...original, services: { ...original.services, auth: ${auth} } } as Catalogue`),
        );
        try {
            await pause(PROPAGATION_MS);
            const statuses: number[] = [];
            for (let n = 0; n < 8; n++) statuses.push((await send("auth", "/login")).status);
            assert.deepEqual(statuses, [...Array<number>(5).fill(200), ...Array<number>(3).fill(429)]);
            assert.equal((await send("api", "/v1/x", bearer(sign))).status, 200);
        } finally {
            await node.up();
        }
    });
});
