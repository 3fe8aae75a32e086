/** What a real istiod and a real Envoy make of AuthorizationPolicies: for each set of them, a workload of its own. */
import assert from "node:assert/strict";
import type { AuthorizationPolicyManifest } from "../../../components/base/manifest";
import type { Json } from "../envoy/patched";
import { requireEnvoy } from "../envoy/program";
import { requireToolchain, startControlPlane } from "./control-plane";
import { CALLERS, PORT, labelsOf } from "./generated-policies";
import { inboundFilters } from "./inbound";
import { type TriedRequest, startJudge } from "./judge";

export interface PolicyJudge {
    /** Whether the workload of this set answers; a caller is `<trust domain>/ns/<namespace>/sa/<account>`. */
    passes(set: number, request: TriedRequest): Promise<boolean>;
    stop(): Promise<void>;
}

/** @param test is skipped where the toolchain is not on this machine */
export async function startPolicyJudge(
    test: Mocha.Context,
    sets: readonly (readonly AuthorizationPolicyManifest[])[],
): Promise<PolicyJudge> {
    const toolchain = await requireToolchain(test);
    const envoy = await requireEnvoy(test);
    const plane = await startControlPlane(toolchain, [...surroundings(sets.length), ...sets.flat()], {
        pathNormalization: { normalization: "BASE" },
    });
    try {
        const chains: Json[][] = [];
        for (const set of sets.keys()) {
            const proxy = { namespace: "sparc", labels: labelsOf(set), address: addressOf(set) };
            const filters = await inboundFilters(envoy, plane, proxy, PORT);
            chains.push(filters.filter(({ name }) => name === "envoy.filters.http.rbac"));
        }
        const callers = CALLERS.map((caller) => `spiffe://${caller}`);
        const judge = await startJudge(envoy, chains, PORT, callers);
        return {
            passes: async (set, request) => {
                const { caller } = request;
                const named = caller === undefined ? undefined : `spiffe://${caller}`;
                const status = await judge.status(set, { ...request, caller: named });
                assert.ok(status === 200 || status === 403, `status ${status}`);
                return status === 200;
            },
            stop: async () => {
                await judge.stop();
                await plane.stop();
            },
        };
    } catch (error) {
        await plane.stop();
        throw error;
    }
}

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
