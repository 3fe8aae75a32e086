/** Installs, upgrades and removes releases with the helm program. */
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../../process";
import { type KubeClient } from "../kube/client";
import { ForeignObjectError } from "../kube/errors";
import { type ReleaseRequest } from "../resource";
import { type Outcome } from "../apply";
import { decide, type Recovery, recoveryFor } from "./decide";
import { digestOfRelease, isFolder } from "./digest";
import { DIGEST_LABEL, readReleases } from "./records";

export interface HelmOptions {
    /** Path of the helm program. */
    readonly program: string;
    readonly kubeconfig: string;
    readonly context?: string;
}

/** Seconds that an uninstall or a rollback may take. */
const RECOVERY_TIMEOUT = 180;
/** Milliseconds that helm may take beyond its own time limit before it is killed. */
const GRACE = 30_000;

export class Helm {
    private records: ReturnType<typeof readReleases> | undefined;

    constructor(
        private readonly client: KubeClient,
        private readonly options: HelmOptions,
    ) {}

    /**
     * Makes the release what is asked for, first getting it out of the state in which a killed run has left it.
     *
     * @param known whether the stack's inventory has it
     * @throws ForeignObjectError where somebody else has installed it; CommandError with helm's own words
     */
    async install(release: ReleaseRequest, known: boolean): Promise<Outcome> {
        if (isFolder(release)) await assertChart(release.chart);
        const revisions = await this.revisionsOf(release);
        const foreign = revisions.length > 0 && revisions.every(({ digest }) => digest === undefined);
        if (foreign && !known) throw new ForeignObjectError();
        const digest = await digestOfRelease(release);
        const decision = decide(revisions, digest);
        if (decision.do === "nothing") return "unchanged";
        await this.recover(release, decision.first);
        await this.upgrade(release, digest);
        return decision.existed ? "updated" : "created";
    }

    /** Gets a release that a killed run has left halfway back to where Helm can go on; does nothing for any other. */
    async mend(release: { readonly namespace: string; readonly name: string }): Promise<void> {
        await this.recover(release, recoveryFor(await this.revisionsOf(release)));
    }

    /** Does nothing where there is no such release. */
    async uninstall({
        namespace,
        name,
    }: {
        readonly namespace: string;
        readonly name: string;
    }): Promise<void> {
        await this.helm(
            [
                "uninstall",
                name,
                "--namespace",
                namespace,
                "--ignore-not-found",
                "--wait",
                ...seconds(RECOVERY_TIMEOUT),
            ],
            RECOVERY_TIMEOUT,
        );
    }

    private async recover(
        release: { readonly namespace: string; readonly name: string },
        recovery: Recovery,
    ): Promise<void> {
        switch (recovery.do) {
            case "nothing":
                return;
            case "uninstall":
                await this.uninstall(release);
                return;
            case "rollback":
                await this.helm(
                    [
                        ...["rollback", release.name, String(recovery.to), "--namespace", release.namespace],
                        ...seconds(RECOVERY_TIMEOUT),
                    ],
                    RECOVERY_TIMEOUT,
                );
        }
    }

    private async upgrade(release: ReleaseRequest, digest: string): Promise<void> {
        // Values may hold secrets, so they are neither an argument nor readable to others.
        const folder = await mkdtemp(join(tmpdir(), "sparc-mesh-values-"));
        try {
            const values = join(folder, "values.json");
            await writeFile(values, JSON.stringify(release.values), { mode: 0o600 });
            await this.helm(upgradeArguments(release, digest, values), release.timeout);
        } finally {
            await rm(folder, { recursive: true, force: true });
        }
    }

    private async revisionsOf({ namespace, name }: { readonly namespace: string; readonly name: string }) {
        this.records ??= readReleases(this.client);
        return (await this.records).get(`${namespace}/${name}`) ?? [];
    }

    private async helm(args: readonly string[], timeout: number): Promise<void> {
        const { program, kubeconfig, context } = this.options;
        const cluster = [
            "--kubeconfig",
            kubeconfig,
            ...(context === undefined ? [] : ["--kube-context", context]),
        ];
        await run(program, [...args, ...cluster], {
            // Where the records are read from.
            env: { ...process.env, HELM_DRIVER: "secret" },
            timeout: timeout * 1000 + GRACE,
        });
    }
}

/** The arguments with which helm makes a release what is asked for. */
export function upgradeArguments(release: ReleaseRequest, digest: string, valuesFile: string): string[] {
    const { name, chart, namespace, version, repository } = release;
    return [
        ...["upgrade", name, chart, "--install", "--namespace", namespace],
        ...["--values", valuesFile, "--labels", `${DIGEST_LABEL}=${digest}`, "--history-max", "5"],
        ...(version === undefined ? [] : ["--version", version]),
        ...(repository === undefined ? [] : ["--repo", repository]),
        ...(release.wait ? ["--wait"] : []),
        ...(release.atomic ? ["--atomic"] : []),
        ...(release.createNamespace ? ["--create-namespace"] : []),
        ...(release.skipCrds ? ["--skip-crds"] : []),
        ...seconds(release.timeout),
    ];
}

function seconds(timeout: number): string[] {
    return ["--timeout", `${timeout}s`];
}

async function assertChart(folder: string): Promise<void> {
    const found = await stat(join(folder, "Chart.yaml")).catch(() => undefined);
    if (found === undefined) throw new Error(`there is no chart at ${folder}`);
}
