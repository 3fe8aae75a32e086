/** Evaluates AuthorizationPolicies with a real istiod and a real Envoy: one workload for each set of policies. */
import assert from "node:assert/strict";
import type { AuthorizationPolicyManifest } from "../../../components/base/manifest";
import type { Json } from "../envoy/patched";
import { requireEnvoy } from "../envoy/program";
import { requireToolchain, startControlPlane } from "./control-plane";
import { CALLERS, PORT, labelsOf } from "./generated-policies";
import { Discovery } from "./discovery";
import { type TestRequest, startEnvoyEvaluator } from "./envoy-evaluator";

const MANAGER = "envoy.filters.network.http_connection_manager";

export interface PolicyEvaluator {
    /** Whether the workload of this set allows the request; a caller is `<trust domain>/ns/<namespace>/sa/<account>`. */
    allows(set: number, request: TestRequest): Promise<boolean>;
    stop(): Promise<void>;
}

/** @param test is skipped if the toolchain is not on this machine */
export async function startPolicyEvaluator(
    test: Mocha.Context,
    sets: readonly (readonly AuthorizationPolicyManifest[])[],
): Promise<PolicyEvaluator> {
    const toolchain = await requireToolchain(test);
    const envoy = await requireEnvoy(test);
    const plane = await startControlPlane(toolchain, [...surroundings(sets.length), ...sets.flat()], {
        pathNormalization: { normalization: "BASE" },
    });
    const discovery = new Discovery(plane);
    try {
        const chains: Json[][] = [];
        for (const set of sets.keys()) {
            const proxy = { namespace: "sparc", labels: labelsOf(set), address: addressOf(set) };
            chains.push(rbacFilters(await discovery.listeners(proxy)));
        }
        const callers = CALLERS.map((caller) => `spiffe://${caller}`);
        const evaluator = await startEnvoyEvaluator(envoy, chains, PORT, callers);
        return {
            allows: async (set, request) => {
                const { caller } = request;
                const named = caller === undefined ? undefined : `spiffe://${caller}`;
                const status = await evaluator.status(set, { ...request, caller: named });
                assert.ok(status === 200 || status === 403, `status ${status}`);
                return status === 200;
            },
            stop: async () => {
                await evaluator.stop();
                await plane.stop();
            },
        };
    } catch (error) {
        await plane.stop();
        throw error;
    } finally {
        discovery.close();
    }
}

interface Listener {
    readonly name: string;
    readonly filterChains: readonly {
        readonly filterChainMatch?: { readonly destinationPort?: number };
        readonly filters: readonly { readonly name: string; readonly typedConfig: Json }[];
    }[];
}

/** The RBAC filters of a workload's port: none if no policy applies. */
function rbacFilters(listeners: readonly Json[]): Json[] {
    const inbound = (listeners as unknown as Listener[]).find(({ name }) => name === "virtualInbound");
    const chain = inbound?.filterChains.find(
        ({ filterChainMatch: match }) => match?.destinationPort === PORT,
    );
    const manager = chain?.filters.find(({ name }) => name === MANAGER);
    assert.ok(manager !== undefined, `istiod sent no HTTP filters for port ${PORT}`);
    const filters = manager.typedConfig["httpFilters"] as Json[];
    return filters.filter(({ name }) => name === "envoy.filters.http.rbac");
}

/** Registers a workload for each set with istiod, without mutual TLS: the evaluator terminates that. */
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
