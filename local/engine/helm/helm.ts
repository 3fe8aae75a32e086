/** Installs, upgrades and removes releases with the helm program. */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { type KubeClient } from "../kube/client";
import { ForeignObjectError } from "../kube/errors";
import { type ReleaseRequest } from "../resource";
import { type Outcome } from "../apply";
import { decide, type Recovery, recoveryFor, type Revision } from "./decide";
import { digestOfRelease, isFolder } from "./digest";
import { DIGEST_LABEL, readReleases } from "./records";
import { runTethered } from "./tether";

export interface HelmOptions {
    /** Path of the helm program. */
    readonly program: string;
    readonly kubeconfig: string;
    readonly context?: string;
}

interface ReleaseName {
    readonly namespace: string;
    readonly name: string;
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
     * @throws ForeignObjectError where somebody else has installed it; CommandError with helm's own words
     */
    async install(release: ReleaseRequest): Promise<Outcome> {
        if (isFolder(release)) await assertChart(release.chart);
        const revisions = await this.revisionsOf(release);
        if (isForeign(revisions)) throw new ForeignObjectError();
        const digest = await digestOfRelease(release);
        const decision = decide(revisions, digest);
        if (decision.do === "nothing") return "unchanged";
        await this.recover(release, decision.first);
        await this.upgrade(release, digest);
        return decision.existed ? "updated" : "created";
    }

    /** Gets a release that a killed run has left halfway back to where Helm can go on; does nothing for any other. */
    async mend(release: ReleaseName): Promise<void> {
        await this.recover(release, recoveryFor(await this.revisionsOf(release)));
    }

    /** Uninstalls a release; false where there is none, or somebody else's. */
    async remove(release: ReleaseName): Promise<boolean> {
        const revisions = await this.revisionsOf(release);
        if (revisions.length === 0 || isForeign(revisions)) return false;
        await this.uninstall(release);
        return true;
    }

    private async uninstall({ namespace, name }: ReleaseName): Promise<void> {
        const where = ["--namespace", namespace, "--ignore-not-found", "--wait"];
        await this.helm(["uninstall", name, ...where, ...seconds(RECOVERY_TIMEOUT)], RECOVERY_TIMEOUT);
    }

    private async recover(release: ReleaseName, recovery: Recovery): Promise<void> {
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
        // On standard input: values may hold secrets, and a run that is killed leaves no file.
        await this.helm(upgradeArguments(release, digest), release.timeout, JSON.stringify(release.values));
    }

    private async revisionsOf({ namespace, name }: ReleaseName): Promise<readonly Revision[]> {
        this.records ??= readReleases(this.client);
        return (await this.records).get(`${namespace}/${name}`) ?? [];
    }

    private async helm(args: readonly string[], timeout: number, input?: string): Promise<void> {
        const { program, kubeconfig, context } = this.options;
        const cluster = [
            "--kubeconfig",
            kubeconfig,
            ...(context === undefined ? [] : ["--kube-context", context]),
        ];
        await runTethered(program, [...args, ...cluster], {
            // Where the records are read from.
            env: { ...process.env, HELM_DRIVER: "secret" },
            timeout: timeout * 1000 + GRACE,
            ...(input === undefined ? {} : { input }),
        });
    }
}

/** Whether none of a release's revisions is of this engine, which labels each from its first moment. */
function isForeign(revisions: readonly Revision[]): boolean {
    return revisions.length > 0 && revisions.every(({ digest }) => digest === undefined);
}

/** The arguments with which helm makes a release what is asked for. */
export function upgradeArguments(release: ReleaseRequest, digest: string): string[] {
    const { name, chart, namespace, version, repository } = release;
    return [
        ...["upgrade", name, chart, "--install", "--namespace", namespace],
        ...["--values", "-", "--labels", `${DIGEST_LABEL}=${digest}`, "--history-max", "5"],
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
