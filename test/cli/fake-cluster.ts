/** A cluster in memory, for upgrades. */
import type { Proxy } from "../../config/proxies";
import type { FlaggerTarget, MeshCluster, Workload } from "../../cli/upgrade/cluster";

export const OLD_IMAGE = "hub/proxyv2:1.30.5";
const NEW_IMAGE = "hub/proxyv2:1.31.1";

/** A cluster whose workloads get a proxy of the tag's revision when they restart, after `slowness` looks. */
export class FakeCluster implements MeshCluster {
    readonly patched: string[] = [];
    /** The largest number of workloads that were not rolled out at once. */
    busiest = 0;
    tag: string | undefined = "new";
    installed: string[] = ["new", "old"];
    slowness = 1;
    canaries: FlaggerTarget[] = [];
    strays: Proxy[] = [];
    private readonly pods = new Map<string, { revision: string; image: string; rollingFor: number }>();

    add(name: string, revision = "old", image = revision === "old" ? OLD_IMAGE : NEW_IMAGE): this {
        this.pods.set(name, { revision, image, rollingFor: 0 });
        return this;
    }

    /** A restart that was under way when an earlier run was killed: its pods are already new. */
    rolling(name: string): void {
        this.pods.set(name, { revision: "new", image: NEW_IMAGE, rollingFor: 3 });
    }

    proxies(): Promise<Proxy[]> {
        const owned = [...this.pods].map(([name, { revision, image }]) => {
            return { namespace: "sparc", name: `${name}-1`, labels: { app: name }, revision, image };
        });
        return Promise.resolve([...owned, ...this.strays]);
    }

    workloads(namespace: string): Promise<Workload[]> {
        const rolling = [...this.pods.values()].filter(({ rollingFor }) => rollingFor > 0);
        this.busiest = Math.max(this.busiest, rolling.length);
        const all = [...this.pods].map(([name, { rollingFor }]): Workload => {
            return {
                kind: "Deployment",
                namespace: "sparc",
                name,
                selector: { app: name },
                rolledOut: rollingFor === 0,
            };
        });
        for (const pod of rolling) pod.rollingFor -= 1;
        return Promise.resolve(all.filter((one) => one.namespace === namespace));
    }

    flaggerTargets(): Promise<FlaggerTarget[]> {
        return Promise.resolve(this.canaries);
    }

    revisions(): Promise<string[]> {
        return Promise.resolve(this.installed);
    }

    taggedRevision(): Promise<string | undefined> {
        return Promise.resolve(this.tag);
    }

    proxyImage(): Promise<string | undefined> {
        return Promise.resolve(NEW_IMAGE);
    }

    restart({ name }: Workload): Promise<void> {
        this.patched.push(name);
        this.pods.set(name, { revision: this.tag ?? "", image: NEW_IMAGE, rollingFor: this.slowness });
        return Promise.resolve();
    }
}
