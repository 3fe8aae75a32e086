/** `mesh explain` beside a real istiod and a real Envoy: the same decision for every generated policy and request. */
import assert from "node:assert/strict";
import { authorize } from "../../cli/explain/evaluate/authorization";
import { World } from "../../cli/explain/world/world";
import type { AuthorizationPolicyManifest } from "../../components/base/manifest";
import { type ControlPlane, requireToolchain, startControlPlane } from "../support/istiod/control-plane";
import { inboundFilters } from "../support/istiod/inbound";
import { type Judge, SERVER_NAME, type TriedRequest, startJudge } from "../support/istiod/judge";
import { requireEnvoy } from "../support/envoy/program";
import type { Json } from "../support/envoy/patched";
import { CALLERS, PORT, labelsOf, policySets, requests } from "./generated-policies";

const SETS = 20;
const REQUESTS = 100;
const SEED = 20_261_201;

/** What makes a workload of each set known to istiod, without mutual TLS: the judge brings that. */
function surroundings(
    count: number,
): { apiVersion: string; kind: string; metadata: { name: string; namespace: string }; spec: object }[] {
    const entries = Array.from({ length: count }, (_, set) => ({
        apiVersion: "networking.istio.io/v1",
        kind: "ServiceEntry",
        metadata: { name: `case-${set}`, namespace: "sparc" },
        spec: {
            hosts: [`case-${set}.sparc.svc.cluster.local`],
            location: "MESH_INTERNAL",
            resolution: "STATIC",
            ports: [{ number: PORT, name: "http", protocol: "HTTP" }],
            endpoints: [{ address: addressOf(set), labels: labelsOf(set) }],
        },
    }));
    const plaintext = {
        apiVersion: "security.istio.io/v1",
        kind: "PeerAuthentication",
        metadata: { name: "default", namespace: "istio-system" },
        spec: { mtls: { mode: "DISABLE" } },
    };
    return [plaintext, ...entries];
}

function addressOf(set: number): string {
    return `10.1.${Math.floor(set / 250)}.${(set % 250) + 1}`;
}

describe("mesh explain, beside a real istiod", function () {
    this.timeout(600_000);
    const sets = policySets(SETS, SEED);
    let plane: ControlPlane;
    let judge: Judge;

    before(async function () {
        const toolchain = await requireToolchain(this);
        const envoy = await requireEnvoy(this);
        plane = await startControlPlane(toolchain, [...surroundings(SETS), ...sets.flat()], {
            pathNormalization: { normalization: "BASE" },
        });
        const chains: Json[][] = [];
        for (const set of sets.keys()) {
            const proxy = { namespace: "sparc", labels: labelsOf(set), address: addressOf(set) };
            const filters = await inboundFilters(envoy, plane, proxy, PORT);
            chains.push(filters.filter(({ name }) => name === "envoy.filters.http.rbac"));
        }
        judge = await startJudge(
            envoy,
            chains,
            PORT,
            CALLERS.map((caller) => `spiffe://${caller}`),
        );
    });
    after(async () => {
        await (judge as Judge | undefined)?.stop();
        await (plane as ControlPlane | undefined)?.stop();
    });

    function explained(policies: readonly AuthorizationPolicyManifest[], set: number, request: TriedRequest) {
        const world = new World({ objects: policies, releases: [] });
        const workload = {
            ...{ name: `case-${set}`, namespace: "sparc", labels: labelsOf(set) },
            ...{ account: "app", meshed: true },
        };
        const { caller, ...http } = request;
        return authorize(world, workload, { principal: caller, port: PORT, http, sni: SERVER_NAME });
    }

    it(`agrees with it on ${SETS * REQUESTS} cases, or says that it depends`, async () => {
        const wrong: string[] = [];
        const tally = { allowed: 0, denied: 0, depends: 0 };
        for (const [set, policies] of sets.entries()) {
            for (const request of requests(REQUESTS, SEED + set)) {
                const { caller } = request;
                const status = await judge.status(set, {
                    ...request,
                    caller: caller === undefined ? undefined : `spiffe://${caller}`,
                });
                assert.ok(status === 200 || status === 403, `status ${status}`);
                const step = explained(policies, set, request);
                if (step.conditions.some((text) => /\b(allows|denies) if\b/.test(text))) {
                    tally.depends += 1;
                    assert.match(JSON.stringify(policies), /equestPrincipals|request\.auth/);
                    continue;
                }
                const allowed = step.verdict !== "denies";
                tally[allowed ? "allowed" : "denied"] += 1;
                if (allowed !== (status === 200))
                    wrong.push(
                        `Envoy ${status}, explain ${step.verdict} (${step.text}): ${JSON.stringify(request)} under ${JSON.stringify(policies.map(({ spec }) => spec))}`,
                    );
            }
        }
        process.stdout.write(`      ${JSON.stringify(tally)}\n`);
        assert.deepEqual(wrong.slice(0, 5), [], `${wrong.length} differ`);
        assert.ok(tally.allowed > SETS && tally.denied > SETS, "both are tried");
    });
});
