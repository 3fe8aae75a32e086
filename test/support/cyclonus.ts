/** Evaluates NetworkPolicies with cyclonus, which shares no code with this program. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import type { NetworkPolicyManifest } from "../../components/base/manifest";

/** A pod, by the namespace and labels that policies select. */
export interface Peer {
    readonly namespace: string;
    readonly labels: Readonly<Record<string, string>>;
}

/** An address that is not a pod's. */
export interface ExternalAddress {
    readonly address: string;
}

/** A TCP connection. */
export interface Connection {
    readonly source: Peer;
    readonly destination: Peer | ExternalAddress;
    readonly port: number;
}

/** The policy with only one direction enforced: with both, the stricter direction would hide that the other is too permissive. */
export function onlyDirection(
    policy: NetworkPolicyManifest,
    direction: "Ingress" | "Egress",
): NetworkPolicyManifest[] {
    const { podSelector, policyTypes = [], ingress, egress } = policy.spec ?? { podSelector: {} };
    if (!policyTypes.includes(direction)) return [];
    const rules = direction === "Ingress" ? { ingress: ingress ?? [] } : { egress: egress ?? [] };
    return [{ ...policy, spec: { podSelector, policyTypes: [direction], ...rules } }];
}

/** Queries cyclonus about all connections at once. @returns its verdicts, in order */
export function queryTraffic(
    cyclonus: string,
    policies: readonly NetworkPolicyManifest[],
    traffic: readonly Connection[],
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
                Destination:
                    "address" in destination
                        ? { IP: destination.address, Internal: null }
                        : internal(destination),
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
    rmSync(folder, { recursive: true });
    rmSync(file);
    const verdicts = [...output.matchAll(/IS ALLOWED\?\s*\|\s*(TRUE|FALSE)/gi)].map(([, verdict]) =>
        /true/i.test(verdict ?? ""),
    );
    assert.equal(verdicts.length, traffic.length, "cyclonus did not return a verdict for every connection");
    return verdicts;
}
