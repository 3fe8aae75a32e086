/** What the live tests work with: the platform deployed on the node, asked as an operator and as a client ask it. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { ensureToolchain, silentProgress, type Toolchain } from "../../local";
import type { DeployReport } from "../../local/engine";
import { CHECKOUT, changesOfTheNode, mesh, run } from "./checkout";

/** Where clients reach a gateway (`mesh up --json`). */
export interface Entry {
    readonly address: string;
    readonly port: number;
    /** Path of the CA's certificate. */
    readonly authority: string;
}

/** One result of `standin probe`; more is in the README of local/standin. */
export interface ProbeResult {
    readonly id: string;
    readonly outcome: string;
    readonly status: number | null;
    readonly answer: {
        readonly version: string;
        readonly pod: string;
        readonly attempt?: number;
        /** Whom it saw; "" for nobody. */
        readonly caller?: string;
        readonly headers?: Readonly<Record<string, string>>;
    } | null;
    readonly detail: string;
    readonly ms: number;
}

/** What is read of `mesh up --json`. */
interface Up {
    readonly kubeconfig: string;
    readonly entry: Entry;
    readonly report: DeployReport;
}

export class Deployment {
    readonly #toolchain: Toolchain;
    #up: Up;

    private constructor(toolchain: Toolchain, up: Up) {
        this.#toolchain = toolchain;
        this.#up = up;
    }

    /** `mesh up` from a checkout, which must end well; the last one where that was the checkout's, and left the node alone since. */
    static async of(checkout = CHECKOUT): Promise<Deployment> {
        const known =
            last?.checkout === checkout && last.changes === changesOfTheNode() ? last.up : undefined;
        return new Deployment(await ensureToolchain(silentProgress()), known ?? (await meshUp(checkout)));
    }

    /** @returns what it changed */
    async up(checkout = CHECKOUT): Promise<DeployReport> {
        this.#up = await meshUp(checkout);
        return this.#up.report;
    }

    get entry(): Entry {
        return this.#up.entry;
    }

    get kubeconfig(): string {
        return this.#up.kubeconfig;
    }

    program(name: Parameters<Toolchain["program"]>[0]): string {
        return this.#toolchain.program(name);
    }

    /** Path of the CRDs that Flagger's chart brings. */
    get flaggersKinds(): string {
        return join(this.#toolchain.flaggerCharts, "flagger/crds/crd.yaml");
    }

    /** What kubectl prints; it must end well. */
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

    /** Requests that a service's own container makes through its own sidecar, in the order in which they were answered. */
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
 * The last `mesh up` that ended well. Whoever changes the node by other means puts it back: files of tests begin with what the one
 * before them left.
 */
let last: { readonly checkout: string; readonly changes: number; readonly up: Up } | undefined;

async function meshUp(checkout: string): Promise<Up> {
    const { status, stdout, stderr } = await mesh(checkout, ["up", "--json"]);
    assert.equal(status, 0, stderr);
    const up = JSON.parse(stdout) as Up;
    last = { checkout, changes: changesOfTheNode(), up };
    return up;
}
