/** The cost of a sidecar with and without a scoped Sidecar resource, and as the mesh grows, on the embedded node. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { stringify } from "yaml";
import { SERVICE_LABEL } from "../components/base/labels";
import { NAMESPACES } from "../components/base/names";
import type { Row } from "./report";

const run = promisify(execFile);

/** The number of services to add to the mesh. */
const GROWTH = 240;
const UNSCOPED = "bench-unscoped";
const CROWD = "mesh-bench";
/** The wait for propagation to the sidecars after the mesh has grown, in milliseconds. */
const PROPAGATION_MS = 20_000;

export interface Tools {
    readonly kubectl: string;
    readonly kubeconfig: string;
    /** The image of the stand-in, the application of the measured pod. */
    readonly image: string;
    /** A service whose pod has a scoped sidecar. */
    readonly service: string;
}

interface SidecarCost {
    readonly configuration: number;
    readonly memory: number;
}

/** Configuration (KB) and Envoy's allocated memory (MB) of both sidecars, before and after the growth. */
export async function benchSidecar(tools: Tools): Promise<Row[]> {
    const kubectl = (args: readonly string[], input?: string): Promise<string> => call(tools, args, input);
    const scoped = (
        await kubectl([
            ...[
                "get",
                "pod",
                "--namespace",
                NAMESPACES.services,
                "--output",
                "jsonpath={.items[0].metadata.name}",
            ],
            ...["--selector", `${SERVICE_LABEL}=${tools.service}`],
        ])
    ).trim();
    try {
        await kubectl(["apply", "--server-side", "--filename", "-"], documents(unscopedPod(tools.image)));
        await kubectl([
            ...["wait", "--namespace", NAMESPACES.services, "--for", "condition=Ready"],
            ...["--timeout", "120s", `pod/${UNSCOPED}`],
        ]);
        const before = [await cost(kubectl, scoped), await cost(kubectl, UNSCOPED)] as const;
        await kubectl(["apply", "--server-side", "--filename", "-"], documents(crowd()));
        await new Promise((done) => setTimeout(done, PROPAGATION_MS));
        const after = [await cost(kubectl, scoped), await cost(kubectl, UNSCOPED)] as const;
        return [
            row("sidecar of a service, scoped", before[0], before[1], "about a third of the unscoped one"),
            row(`the same, with ${GROWTH} more services`, after[0], before[0], "unchanged"),
            row("sidecar, unscoped", before[1], before[1], ""),
            row(`the same, with ${GROWTH} more services`, after[1], before[1], ""),
        ];
    } finally {
        await kubectl(["delete", "namespace", CROWD, "--ignore-not-found", "--wait=false"]);
        await kubectl([
            ...["delete", "pod,sidecar.networking.istio.io", UNSCOPED, "--namespace", NAMESPACES.services],
            ...["--ignore-not-found", "--wait=false"],
        ]);
    }
}

function row(name: string, cost: SidecarCost, reference: SidecarCost, target: string): Row {
    return {
        name,
        value: `${(cost.configuration / 1024).toFixed(0)} KB of configuration, ${cost.memory.toFixed(1)} MB in Envoy`,
        ratio: `${(cost.configuration / reference.configuration).toFixed(2)} × and ${(cost.memory / reference.memory).toFixed(2)} ×`,
        target,
    };
}

async function cost(
    kubectl: (args: readonly string[]) => Promise<string>,
    pod: string,
): Promise<SidecarCost> {
    const admin = async (path: string) => {
        const printed = await kubectl([
            ...["exec", "--namespace", NAMESPACES.services, pod, "--container", "istio-proxy"],
            ...["--", "pilot-agent", "request", "GET", path],
        ]);
        // pilot-agent may log a line before Envoy's response.
        return printed.slice(printed.indexOf("{"));
    };
    const { allocated } = JSON.parse(await admin("memory")) as { allocated: string };
    return {
        configuration: Buffer.byteLength(await admin("config_dump")),
        memory: Number(allocated) / 2 ** 20,
    };
}

async function call(
    { kubectl, kubeconfig }: Tools,
    args: readonly string[],
    input?: string,
): Promise<string> {
    const running = run(kubectl, ["--kubeconfig", kubeconfig, ...args], { maxBuffer: 256 * 2 ** 20 });
    running.child.stdin?.end(input ?? "");
    return (await running).stdout;
}

function unscopedPod(image: string): unknown[] {
    const metadata = { name: UNSCOPED, namespace: NAMESPACES.services };
    const labels = { "mesh-bench": UNSCOPED };
    return [
        {
            apiVersion: "networking.istio.io/v1",
            kind: "Sidecar",
            metadata,
            spec: { workloadSelector: { labels }, egress: [{ hosts: ["*/*"] }] },
        },
        {
            apiVersion: "v1",
            kind: "Pod",
            metadata: { ...metadata, labels },
            spec: {
                automountServiceAccountToken: false,
                containers: [
                    {
                        name: "stand-in",
                        image,
                        args: ["serve", "--service", "bench", "--version", "v1", "--port", "idle:tcp:8080"],
                    },
                ],
            },
        },
    ];
}

/** Services without workloads: their existence is what costs a sidecar. */
function crowd(): unknown[] {
    const services = Array.from({ length: GROWTH }, (_, index) => ({
        apiVersion: "v1",
        kind: "Service",
        metadata: { name: `crowd-${index}`, namespace: CROWD },
        spec: {
            selector: { crowd: String(index) },
            ports: [
                { name: "http", port: 8080, appProtocol: "http" },
                { name: "grpc", port: 9090, appProtocol: "grpc" },
            ],
        },
    }));
    return [{ apiVersion: "v1", kind: "Namespace", metadata: { name: CROWD } }, ...services];
}

function documents(objects: readonly unknown[]): string {
    return objects.map((object) => stringify(object)).join("---\n");
}
