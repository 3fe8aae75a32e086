/** The bootstrap that Istio's agent writes for a gateway's Envoy: the status port is in it, and not in what istiod sends. */
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parse } from "yaml";
import type { Toolchain } from "../../../local";
import { run } from "../../../local/lib/process";
import { freePorts } from "../envoy/program";

export interface Bootstrap {
    /** Envoy's configuration, without the source of what istiod sends, for which Envoy would wait. */
    readonly config: Record<string, unknown>;
    /** The port on which Envoy reports whether the gateway is ready. */
    readonly statusPort: number;
    /** The agent's port, to which Envoy forwards the check. */
    readonly agentPort: number;
}

/**
 * Lets the toolchain's agent write it, on free ports instead of 15021 and the like.
 *
 * @param env the variables of the gateway's container
 * @param proxyConfig the gateway's ProxyConfig
 */
export async function gatewayBootstrap(
    toolchain: Toolchain,
    env: Readonly<Record<string, string>>,
    proxyConfig: Readonly<Record<string, unknown>>,
): Promise<Bootstrap> {
    const folder = await mkdtemp(join(tmpdir(), "sparc-agent-"));
    const [statusPort = 0, agentPort = 0, admin = 0, prometheus = 0, xds = 0] = await freePorts(5);
    try {
        // In place of Envoy: keeps the bootstrap, which the agent removes when Envoy ends.
        const program = join(folder, "keep");
        await writeFile(program, '#!/bin/sh\ncp "$2" kept.json\n');
        await chmod(program, 0o755);
        const settings = {
            ...proxyConfig,
            binaryPath: program,
            configPath: "./proxy",
            controlPlaneAuthPolicy: "NONE",
            discoveryAddress: `127.0.0.1:${xds}`,
            proxyAdminPort: admin,
            statusPort: agentPort,
        };
        const template = join(dirname(toolchain.charts), "envoy_bootstrap.json");
        await run(toolchain.program("pilot-agent"), ["proxy", "router", "--templateFile", template], {
            cwd: folder,
            env: {
                ...env,
                // It requests no certificate: Envoy ends at once.
                CA_ROOT_CA: "SYSTEM",
                ENVOY_PROMETHEUS_PORT: String(prometheus),
                ENVOY_STATUS_PORT: String(statusPort),
                INSTANCE_IP: "127.0.0.1",
                ISTIO_META_CLUSTER_ID: "Kubernetes",
                POD_NAME: "gateway",
                POD_NAMESPACE: "istio-ingress",
                PROXY_CONFIG: JSON.stringify(settings),
            },
        });
        // Istio's template leaves a comma before a closing brace, which Envoy and YAML accept.
        const text = await readFile(join(folder, "kept.json"), "utf8");
        const config = parse(text) as Record<string, unknown>;
        delete config["dynamic_resources"];
        return { config, statusPort, agentPort };
    } finally {
        await rm(folder, { recursive: true, force: true });
    }
}
