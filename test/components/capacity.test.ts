/** The nodes of the pool `system` have room for everything that runs there before the autoscaler can add one. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { platform as catalogue } from "../../catalogue/platform";
import type { Release } from "../../components/base/manifest";
import { deriveAll } from "../../components/concerns";
import type { EksConfig } from "../../config/cluster";
import { loadStackFile } from "../../config/load";
import type { MeshConfig } from "../../config/schema";

const ROOT = join(__dirname, "..", "..");

/** CPU in millicores and memory in MiB. */
interface Amount {
    readonly cpu: number;
    readonly memory: number;
}

const SUFFIXES: Readonly<Record<string, number>> = { Ki: 1 / 1024, Mi: 1, Gi: 1024 };

function amountOf({
    cpu = "0",
    memory = "0Mi",
}: {
    readonly cpu?: string;
    readonly memory?: string;
}): Amount {
    const [, number = "", suffix = ""] = /^(\d+)(Ki|Mi|Gi)$/.exec(memory) ?? assert.fail(memory);
    return {
        cpu: cpu.endsWith("m") ? Number(cpu.slice(0, -1)) : Number(cpu) * 1000,
        memory: Number(number) * (SUFFIXES[suffix] ?? Number.NaN),
    };
}

const times = (count: number, { cpu, memory }: Amount): Amount => ({
    cpu: cpu * count,
    memory: memory * count,
});
const sum = (all: readonly Amount[]): Amount =>
    all.reduce((a, b) => ({ cpu: a.cpu + b.cpu, memory: a.memory + b.memory }), { cpu: 0, memory: 0 });

interface Settings {
    readonly resources: { readonly requests: { readonly cpu: string; readonly memory: string } };
    readonly replicas?: number;
    readonly replicaCount?: number;
}

/** Paths in a chart's values to the settings of its pods, the number of pods if the values have none, and whether they are meshed. */
interface Pods {
    readonly path: readonly string[];
    readonly count?: number;
    readonly meshed: boolean;
}

const RELEASES: readonly (readonly [RegExp, readonly Pods[]])[] = [
    [/^istiod-/, [{ path: [], meshed: false }]],
    [/^cert-manager$/, [[], ["webhook"], ["cainjector"]].map((path) => ({ path, meshed: false }))],
    [/^aws-privateca-issuer$/, [{ path: [], meshed: false }]],
    [/^aws-load-balancer-controller$/, [{ path: [], meshed: false }]],
    [/^cluster-autoscaler$/, [{ path: [], count: 1, meshed: false }]],
    [
        /^prometheus$/,
        [
            { path: ["prometheusOperator"], count: 1, meshed: true },
            { path: ["prometheus", "prometheusSpec"], meshed: true },
            { path: ["grafana"], count: 1, meshed: true },
        ],
    ],
    [/^jaeger$/, [{ path: ["jaeger"], meshed: true }]],
    [/^(flagger|gates|loadtester)$/, [{ path: [], count: 1, meshed: true }]],
];

/** EKS' add-ons with Deployments, by their manifests. */
const ADD_ONS: readonly Amount[] = [
    // CoreDNS twice.
    times(2, { cpu: 100, memory: 70 }),
    // The EBS CSI controller twice, with six containers.
    times(12, { cpu: 10, memory: 40 }),
    // metrics-server twice.
    times(2, { cpu: 100, memory: 200 }),
];

/** Of each node: aws-node with its two containers, kube-proxy, and the EBS CSI node's three containers. */
const DAEMONS: readonly Amount[] = [
    { cpu: 50, memory: 0 },
    { cpu: 100, memory: 0 },
    times(3, { cpu: 10, memory: 40 }),
];

function isOnSystem({ name, values }: Release): boolean {
    const { nodeSelector } = values as { nodeSelector?: Readonly<Record<string, string>> };
    const text = JSON.stringify(values);
    // cert-manager's component cannot select nodes; its pods tolerate the taint of no other pool.
    return name === "cert-manager" || text.includes('"sparc.dev/pool":"system"') || nodeSelector !== undefined
        ? !text.includes('"sparc.dev/pool":"ingress"')
        : false;
}

function podsOf(release: Release, sidecar: Amount): Amount[] {
    const [, pods] =
        RELEASES.find(([name]) => name.test(release.name)) ??
        assert.fail(`${release.name} runs on the pool system: add its requests`);
    return pods.map(({ path, count, meshed }) => {
        const settings = path.reduce<unknown>(
            (values, key) => (values as Readonly<Record<string, unknown>>)[key],
            release.values,
        ) as Settings;
        // The webhook and the CA injector have the controller's number of replicas.
        const replicas = count ?? settings.replicas ?? settings.replicaCount ?? Number.NaN;
        const requests = amountOf(settings.resources.requests);
        return times(replicas, sum([requests, ...(meshed ? [sidecar] : [])]));
    });
}

function requested(config: MeshConfig): Amount {
    const { releases, objects } = deriveAll({ catalogue, config });
    const others = objects.flatMap((object) =>
        object.kind === "Deployment" &&
        object.spec?.template.spec?.nodeSelector?.["sparc.dev/pool"] === "system"
            ? [object.metadata.name]
            : [],
    );
    assert.deepEqual(others, [], "Deployments of the program on the pool system: add their requests");
    const sidecar = amountOf(config.sidecar);
    return sum([...ADD_ONS, ...releases.filter(isOnSystem).flatMap((release) => podsOf(release, sidecar))]);
}

/** vCPUs and GiB of the instance types that the stacks use: AWS' list of general purpose instances. */
const INSTANCES: Readonly<Record<string, Amount>> = {
    "m7i.large": { cpu: 2000, memory: 8 * 1024 },
    "m7i.xlarge": { cpu: 4000, memory: 16 * 1024 },
};

/**
 * What EKS' AMI leaves to pods (nodeadm, "reserved resources"): 6 % of the first core, 1 % of the second, 0.5 % of the next
 * two, 0.25 % of others; 255 MiB and 11 MiB for each of 110 pods; 100 MiB for evictions. 3 % of the memory is the kernel's.
 */
function allocatable(instanceType: string, daemons: Amount): Amount {
    const { cpu, memory } = INSTANCES[instanceType] ?? assert.fail(`add ${instanceType}`);
    const cores = cpu / 1000;
    const reserved =
        60 +
        10 * Math.min(1, cores - 1) +
        5 * Math.min(2, Math.max(0, cores - 2)) +
        2.5 * Math.max(0, cores - 4);
    return {
        cpu: cpu - reserved - daemons.cpu,
        memory: memory * 0.97 - (255 + 11 * 110) - 100 - daemons.memory,
    };
}

function assertFits(what: string, need: Amount, nodes: number, config: MeshConfig): void {
    const { instanceType } = (config.cluster as EksConfig).pools.system;
    const cni = deriveAll({ catalogue, config }).releases.find(({ name }) => name === "istio-cni")
        ?.values as unknown as Settings;
    const room = times(nodes, allocatable(instanceType, sum([...DAEMONS, amountOf(cni.resources.requests)])));
    const text = `${what}: ${need.cpu}m and ${Math.round(need.memory)} MiB on ${nodes} ${instanceType} with room for ${Math.round(room.cpu)}m and ${Math.round(room.memory)} MiB`;
    assert.ok(need.cpu <= room.cpu && need.memory <= room.memory, text);
}

describe("the pool system", () => {
    for (const stack of ["dev", "prod"]) {
        const config = loadStackFile(stack, ROOT);
        const { zones, minSize, maxSize } = (config.cluster as EksConfig).pools.system;

        it(`of ${stack} starts everything on its smallest number of nodes`, () => {
            assertFits("all pods", requested(config), zones * minSize, config);
        });

        it(`of ${stack} runs a second istiod during an upgrade, with a zone lost`, () => {
            const revisions = [...config.istio.revisions, { ...config.istio.revisions[0]!, name: "next" }];
            const upgrade = { ...config, istio: { ...config.istio, revisions } };
            assert.ok(requested(upgrade).cpu > requested(config).cpu);
            assertFits("all pods and a second istiod", requested(upgrade), (zones - 1) * maxSize, config);
        });
    }
});
