/**
 * A real istiod with a real API server and etcd, on loopback, without a cluster: tests compare our readers of Istio objects with the
 * configuration that istiod generates.
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Toolchain } from "../../../local";
import { eventually, startApiServer } from "../api-server";
import { freePorts } from "../envoy/program";

export { requireToolchain } from "../api-server";

/** A Kubernetes object. */
export interface KubernetesObject {
    readonly apiVersion: string;
    readonly kind: string;
    readonly metadata: { readonly name: string; readonly namespace?: string };
}

export interface ControlPlane {
    /** The port on which istiod serves xDS, in plaintext. */
    readonly xdsPort: number;
    stop(): Promise<void>;
}

/**
 * Starts all three with `objects`. istiod has read them when this returns.
 *
 * @param mesh MeshConfig
 */
export async function startControlPlane(
    toolchain: Toolchain,
    objects: readonly KubernetesObject[],
    mesh: Readonly<Record<string, unknown>>,
): Promise<ControlPlane> {
    const { folder, kubectl, start, stop } = await startApiServer(toolchain);
    try {
        const [xds = 0, http = 0, monitoring = 0] = await freePorts(3);
        await writeFile(join(folder, "mesh.json"), JSON.stringify(mesh));
        await kubectl([
            ...["apply", "--server-side", "--filename"],
            join(toolchain.charts, "base/files/crd-all.gen.yaml"),
        ]);
        await kubectl(["wait", "--for=condition=Established", "crd", "--all", "--timeout=60s"]);
        await kubectl(["apply", "--filename", "-"], JSON.stringify(list(namespacesOf(objects))));
        await kubectl(["apply", "--filename", "-"], JSON.stringify(list(objects)));
        const istiodRuns = start(toolchain.program("pilot-discovery"), istiodFlags(xds, http, monitoring), {
            ...ISTIOD_ENV,
        });
        await eventually(istiodRuns, async () => {
            const { ok } = await fetch(`http://127.0.0.1:${http}/ready`);
            if (!ok) throw new Error("istiod is not ready");
        });
        return { xdsPort: xds, stop };
    } catch (error) {
        await stop();
        throw error;
    }
}

/** Disables the CA and injection, and all filters that stock Envoy does not have. */
const ISTIOD_ENV = {
    POD_NAME: "istiod",
    POD_NAMESPACE: "istio-system",
    CLUSTER_ID: "Kubernetes",
    ENABLE_CA_SERVER: "false",
    PILOT_CERT_PROVIDER: "none",
    INJECT_ENABLED: "false",
    INJECTION_WEBHOOK_CONFIG_NAME: "",
    VALIDATION_WEBHOOK_CONFIG_NAME: "",
    PILOT_ENABLE_METADATA_EXCHANGE: "false",
    PILOT_ENABLE_ALPN_FILTER: "false",
};

function istiodFlags(xds: number, http: number, monitoring: number): string[] {
    return [
        ...[
            "discovery",
            "--kubeconfig",
            "kubeconfig",
            "--meshConfig",
            "mesh.json",
            "--networksConfig",
            "none",
        ],
        ...["--grpcAddr", `127.0.0.1:${xds}`, "--httpAddr", `127.0.0.1:${http}`],
        ...["--monitoringAddr", `127.0.0.1:${monitoring}`, "--secureGRPCAddr", "", "--httpsAddr", ""],
        ...["--ctrlz_port", "0"],
    ];
}

function namespacesOf(objects: readonly KubernetesObject[]): KubernetesObject[] {
    const names = new Set(objects.flatMap(({ metadata }) => metadata.namespace ?? []));
    return ["istio-system", ...[...names].filter((name) => name !== "istio-system")].map((name) => ({
        apiVersion: "v1",
        kind: "Namespace",
        metadata: { name },
    }));
}

function list(items: readonly KubernetesObject[]): object {
    return { apiVersion: "v1", kind: "List", items };
}
