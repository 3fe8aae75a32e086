/** The platform deployed on the local cluster, with operators' and clients' access for the live tests. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { ensureToolchain, silentProgress, type Toolchain } from "../../local";
import type { DeployReport } from "../../local/engine";
import { CHECKOUT, clusterChanges, mesh, run } from "./checkout";

/** A gateway's address for clients (`mesh up --json`). */
export interface Entry {
    readonly address: string;
    readonly port: number;
    /** Path of the CA's certificate. */
    readonly authority: string;
}

/** One result of `standin probe`; see the README of local/standin. */
export interface ProbeResult {
    readonly id: string;
    readonly outcome: string;
    readonly status: number | null;
    readonly answer: {
        readonly version: string;
        readonly pod: string;
        readonly attempt?: number;
        /** The caller's identity at the callee; "" without one. */
        readonly caller?: string;
        readonly headers?: Readonly<Record<string, string>>;
    } | null;
    readonly detail: string;
    readonly ms: number;
}

/** The fields that the tests read of `mesh up --json`. */
interface Up {
    readonly kubeconfig: string;
    readonly ingress: Entry;
    readonly report: DeployReport;
}

export class Deployment {
    readonly #toolchain: Toolchain;
    #up: Up;

    private constructor(toolchain: Toolchain, up: Up) {
        this.#toolchain = toolchain;
        this.#up = up;
    }

    /** Runs `mesh up` from a checkout, which must succeed; reuses the last run if it was the checkout's and nothing changed since. */
    static async of(checkout = CHECKOUT): Promise<Deployment> {
        const known = last?.checkout === checkout && last.changes === clusterChanges() ? last.up : undefined;
        return new Deployment(await ensureToolchain(silentProgress()), known ?? (await meshUp(checkout)));
    }

    /** @returns the changes */
    async up(checkout = CHECKOUT): Promise<DeployReport> {
        this.#up = await meshUp(checkout);
        return this.#up.report;
    }

    get entry(): Entry {
        return this.#up.ingress;
    }

    get kubeconfig(): string {
        return this.#up.kubeconfig;
    }

    program(name: Parameters<Toolchain["program"]>[0]): string {
        return this.#toolchain.program(name);
    }

    /** Path of the CRDs in Flagger's chart. */
    get flaggersKinds(): string {
        return join(this.#toolchain.flaggerCharts, "flagger/crds/crd.yaml");
    }

    /** Runs kubectl, which must succeed. @returns its output */
    async kubectl(args: readonly string[], input?: string): Promise<string> {
        const all = ["--kubeconfig", this.kubeconfig, ...args];
        const { status, stdout, stderr } = await run(this.program("kubectl"), all, undefined, input);
        assert.equal(status, 0, stderr);
        return stdout;
    }

    async mergePatch(kind: string, namespace: string, name: string, patch: unknown): Promise<void> {
        const text = JSON.stringify(patch);
        await this.kubectl([
            ...["patch", kind, "--namespace", namespace, name],
            ...["--type", "merge", "--patch", text],
        ]);
    }

    /** Sends requests from a service's container through its sidecar. @returns the results in order of completion */
    async probe(service: string, requests: readonly object[], concurrency = 8): Promise<ProbeResult[]> {
        const numbered = requests.map((one, index) => ({ id: String(index), protocol: "http", ...one }));
        const printed = await this.kubectl(
            [
                ...["exec", "--stdin", "--namespace", "sparc", `deployment/${service}`],
                ...["--container", "stand-in", "--"],
                ...["/standin", "probe", "--concurrency", String(concurrency)],
            ],
            JSON.stringify(numbered),
        );
        return printed
            .trim()
            .split("\n")
            .map((line) => JSON.parse(line) as ProbeResult);
    }
}

/**
 * The last successful `mesh up`. A test that changes the cluster by other means must restore it: each test file starts with the
 * state that the previous one left.
 */
let last: { readonly checkout: string; readonly changes: number; readonly up: Up } | undefined;

async function meshUp(checkout: string): Promise<Up> {
    const { status, stdout, stderr } = await mesh(checkout, ["up", "--json"]);
    assert.equal(status, 0, stderr);
    const up = JSON.parse(stdout) as Up;
    last = { checkout, changes: clusterChanges(), up };
    return up;
}
