import assert from "node:assert/strict";
import { join } from "node:path";
import { platform as catalogue } from "../../catalogue/platform";
import { deriveAll } from "../../components/concerns";
import { loadStackFile } from "../../config/load";
import { ensureToolchain, silentProgress } from "../../local";
import { type Connection, queryTraffic, onlyDirection, type Peer } from "../support/cyclonus";

/** External addresses, and internal ones: a pod's, a node's, the clouds' metadata. */
const OUTSIDE = ["8.8.8.8", "198.18.0.1", "172.15.255.255", "172.32.0.1"];
const PRIVATE = ["10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1"];

/**
 * The NetworkPolicies against the call matrix, evaluated by cyclonus, which shares no code with this program. The embedded
 * node has no agent that enforces them.
 *
 * Each direction is evaluated alone: together, the stricter one would hide that the other is too permissive.
 */
describe("the NetworkPolicies", function () {
    this.timeout(600_000);
    const { objects } = deriveAll({ catalogue, config: loadStackFile("prod", join(__dirname, "..", "..")) });
    const policies = objects.filter((object) => object.kind === "NetworkPolicy");
    const all = [...trafficMatrix(), ...outwardMatrix()];
    let cyclonus: string;

    before(async () => {
        cyclonus = (await ensureToolchain(silentProgress())).program("cyclonus");
    });

    for (const direction of ["Ingress", "Egress"] as const) {
        it(`allow exactly the catalogue's edges in direction ${direction}`, () => {
            const matrix = all.filter((one) => (one.direction ?? direction) === direction);
            const verdicts = queryTraffic(
                cyclonus,
                policies.flatMap((policy) => onlyDirection(policy, direction)),
                matrix,
            );
            const wrong = matrix
                .filter(({ expected }, index) => verdicts[index] !== expected)
                .map(({ what, expected }) => `${what}: should be ${expected ? "allowed" : "denied"}`);
            assert.deepEqual(wrong, []);
            assert.ok(matrix.filter(({ expected }) => expected).length > 80);
        });
    }
});

interface Traffic extends Connection {
    readonly what: string;
    /** The only direction that can be evaluated. @default both */
    readonly direction?: "Ingress" | "Egress";
    readonly expected: boolean;
}

/** Every workload, gateway, and an unknown pod, to every port of every workload; expected only by the catalogue. */
function trafficMatrix(): Traffic[] {
    const peer = (namespace: string, name: string): Peer => ({
        namespace,
        labels: { "sparc.dev/service": name },
    });
    const services = Object.entries(catalogue.services);
    const sources: [string, Peer][] = [
        ...services.map(([name]): [string, Peer] => [name, peer("sparc", name)]),
        ...Object.keys(catalogue.stores).map((name): [string, Peer] => [name, peer("databases", name)]),
        ["public", peer("istio-ingress", "istio-ingressgateway")],
        ["admin", peer("istio-ingress", "istio-admingateway")],
        ["internal", peer("istio-ingress", "istio-internalgateway")],
        ["unknown", { namespace: "sparc", labels: { app: "unknown" } }],
    ];
    return sources.flatMap(([source, from]) => [
        ...services.flatMap(([name, { ports, exposures = [] }]) =>
            Object.entries({ ...ports, health: { number: 8081 } }).map(([port, { number }]) => ({
                what: `${source} → ${name}:${port}`,
                source: from,
                destination: peer("sparc", name),
                port: number,
                expected:
                    (catalogue.services[source]?.calls ?? []).some(
                        (call) => call.to === name && call.port === port,
                    ) || exposures.some((exposure) => exposure.gateway === source && exposure.port === port),
            })),
        ),
        ...Object.entries(catalogue.stores).flatMap(([name, { ports }]) =>
            Object.entries(ports).map(([port, { number }]) => ({
                what: `${source} → ${name}:${port}`,
                source: from,
                destination: peer("databases", name),
                port: number,
                expected: catalogue.services[source]?.stores?.includes(name) ?? false,
            })),
        ),
    ]);
}

/** Every workload to the egress gateway and to addresses; expected only by the catalogue. */
function outwardMatrix(): Traffic[] {
    const peer = (namespace: string, name: string): Peer => ({
        namespace,
        labels: { "sparc.dev/service": name },
    });
    const gateway = peer("istio-egress", "istio-egressgateway");
    const used = new Set(Object.values(catalogue.services).flatMap(({ external = [] }) => external));
    const groups = Object.entries(catalogue.external).filter(([group]) => used.has(group));
    const ports = [...new Set(groups.flatMap(([, { hosts }]) => hosts.map(({ port }) => port)))];
    const sources: [string, Peer][] = [
        ...Object.keys(catalogue.services).map((name): [string, Peer] => [name, peer("sparc", name)]),
        ...Object.keys(catalogue.stores).map((name): [string, Peer] => [name, peer("databases", name)]),
        ["public", peer("istio-ingress", "istio-ingressgateway")],
        ["unknown", { namespace: "sparc", labels: { app: "unknown" } }],
        ["egress", gateway],
    ];
    return sources.flatMap(([source, from]) => {
        const usedGroups = catalogue.services[source]?.external ?? [];
        const reached = groups
            .filter(([group]) => usedGroups.includes(group))
            .flatMap(([, { hosts }]) => hosts);
        const toGateway = [...ports, 22].map((port) => ({
            what: `${source} → the egress gateway:${port}`,
            source: from,
            destination: gateway,
            port,
            expected: reached.some((host) => host.port === port),
        }));
        const toAddresses = [...OUTSIDE, ...PRIVATE].flatMap((address) =>
            [...ports, 22].map((port) => ({
                what: `${source} → ${address}:${port}`,
                source: from,
                destination: { address },
                port,
                // These policies do not decide ingress at an external address.
                direction: "Egress" as const,
                expected: source === "egress" && OUTSIDE.includes(address) && port !== 22,
            })),
        );
        return [...(source === "egress" ? [] : toGateway), ...toAddresses];
    });
}
