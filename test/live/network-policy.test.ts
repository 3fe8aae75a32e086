import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { platform as catalogue } from "../../catalogue/platform";
import type { NetworkPolicyManifest } from "../../components/base/manifest";
import { deriveAll } from "../../components/concerns";
import { loadStackFile } from "../../config/load";
import { ensureToolchain, silentProgress } from "../../local";

/**
 * The NetworkPolicies against the call matrix, judged by cyclonus, which shares nothing with this program. The embedded
 * node has no agent that would enforce them.
 *
 * Each direction is judged alone: together, a side that is too open would hide behind the other.
 */
describe("the NetworkPolicies", function () {
    this.timeout(600_000);
    const { objects } = deriveAll({ catalogue, config: loadStackFile("prod", join(__dirname, "..", "..")) });
    const policies = objects.filter((object) => object.kind === "NetworkPolicy");
    const matrix = trafficMatrix();
    let cyclonus: string;

    before(async () => {
        cyclonus = (await ensureToolchain(silentProgress())).program("cyclonus");
    });

    for (const direction of ["Ingress", "Egress"] as const) {
        it(`open exactly the catalogue's edges in direction ${direction}`, () => {
            const verdicts = judge(
                cyclonus,
                policies.flatMap((policy) => oneDirection(policy, direction)),
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

interface Peer {
    readonly namespace: string;
    readonly labels: Readonly<Record<string, string>>;
}

interface Traffic {
    readonly what: string;
    readonly source: Peer;
    readonly destination: Peer;
    readonly port: number;
    readonly expected: boolean;
}

/** Every workload, gateway, and a stranger, towards every port of every workload; expected by the catalogue alone. */
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
        ["stranger", { namespace: "sparc", labels: { app: "stranger" } }],
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

/** What is left of a policy when only one direction is enforced. */
function oneDirection(
    policy: NetworkPolicyManifest,
    direction: "Ingress" | "Egress",
): NetworkPolicyManifest[] {
    const { podSelector, policyTypes = [], ingress, egress } = policy.spec ?? { podSelector: {} };
    if (!policyTypes.includes(direction)) return [];
    const rules = direction === "Ingress" ? { ingress: ingress ?? [] } : { egress: egress ?? [] };
    return [{ ...policy, spec: { podSelector, policyTypes: [direction], ...rules } }];
}

/** Asks cyclonus about all traffic at once; its verdicts, in order. */
function judge(
    cyclonus: string,
    policies: readonly NetworkPolicyManifest[],
    traffic: readonly Traffic[],
): boolean[] {
    const folder = mkdtempSync(join(tmpdir(), "mesh-network-policy-"));
    policies.forEach((policy, index) => {
        writeFileSync(join(folder, `${index}.yaml`), stringify(policy));
    });
    const file = `${folder}.json`;
    const internal = ({ namespace, labels }: Peer) => ({
        IP: "192.0.2.1",
        Internal: {
            Namespace: namespace,
            NamespaceLabels: { "kubernetes.io/metadata.name": namespace },
            PodLabels: labels,
        },
    });
    writeFileSync(
        file,
        JSON.stringify(
            traffic.map(({ source, destination, port }) => ({
                Source: internal(source),
                Destination: internal(destination),
                ResolvedPort: port,
                ResolvedPortName: "",
                Protocol: "TCP",
            })),
        ),
    );
    const output = execFileSync(
        cyclonus,
        ["analyze", "--mode", "query-traffic", "--policy-path", folder, "--traffic-path", file],
        { encoding: "utf8", maxBuffer: 256 * 1024 * 1024, stdio: ["ignore", "pipe", "pipe"] },
    );
    const verdicts = [...output.matchAll(/IS ALLOWED\?\s*\|\s*(TRUE|FALSE)/gi)].map(([, verdict]) =>
        /true/i.test(verdict ?? ""),
    );
    assert.equal(verdicts.length, traffic.length, "cyclonus did not judge every request");
    return verdicts;
}
