/** Installs, upgrades and removes releases with the helm program. */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { type KubeClient } from "../kube/client";
import { ForeignObjectError } from "../kube/errors";
import { type ReleaseRequest } from "../resource";
import { type ApplyOutcome } from "../apply";
import { decide, latestOf, type Recovery, recoveryFor, type ReleaseRevision } from "./decide";
import { digestOfRelease, isFolder } from "./digest";
import { DIGEST_LABEL, readRelease, readReleases, type ReleaseName, REVISION_LABEL } from "./records";
import { runTethered } from "./tether";

export interface HelmOptions {
    /** The path of the helm program. */
    readonly program: string;
    readonly kubeconfig: string;
    readonly context?: string;
}

/** The timeout of an uninstall or a rollback, in seconds. */
const RECOVERY_TIMEOUT_SECONDS = 180;
/** Time beyond Helm's timeout after which helm is killed, in milliseconds. */
const GRACE_MS = 30_000;

export class Helm {
    private records: ReturnType<typeof readReleases> | undefined;

    constructor(
        private readonly client: KubeClient,
        private readonly options: HelmOptions,
    ) {}

    /**
     * Installs or upgrades the release, after recovering it from a killed run if necessary. Upgrades it too if an operator
     * has changed it since, by `helm upgrade` or `helm rollback`.
     *
     * @returns the outcome, and the revision in the cluster if it is unchanged
     * @throws ForeignObjectError if this engine did not install it; CommandError with helm's error
     */
    async install(
        release: ReleaseRequest,
    ): Promise<{ readonly outcome: ApplyOutcome; readonly revision?: number }> {
        if (isFolder(release)) await assertChart(release.chart);
        const revisions = await this.revisionsOf(release);
        if (isForeign(revisions)) throw new ForeignObjectError();
        const digest = await digestOfRelease(release);
        const decision = decide(revisions, digest);
        if (decision.do === "nothing") return { outcome: "unchanged", revision: numberOf(revisions) };
        await this.recover(release, decision.first);
        const before = decision.first.do === "nothing" ? revisions : await readRelease(this.client, release);
        // On standard input: values can contain secrets, and a killed run would leave a file behind.
        await this.helm(
            upgradeArguments(release, digest, numberOf(before) + 1),
            release.timeout,
            JSON.stringify(release.values),
        );
        return { outcome: decision.existed ? "updated" : "created" };
    }

    /** Recovers a release from a killed run; does nothing if that is not necessary. */
    async recoverRelease(release: ReleaseName): Promise<void> {
        await this.recover(release, recoveryFor(await this.revisionsOf(release)));
    }

    /** Uninstalls a release; false if it does not exist or this engine did not install it. */
    async remove(release: ReleaseName): Promise<boolean> {
        const revisions = await this.revisionsOf(release);
        if (revisions.length === 0 || isForeign(revisions)) return false;
        await this.uninstall(release);
        return true;
    }

    private async uninstall({ namespace, name }: ReleaseName): Promise<void> {
        const where = ["--namespace", namespace, "--ignore-not-found", "--wait"];
        await this.helm(
            ["uninstall", name, ...where, ...seconds(RECOVERY_TIMEOUT_SECONDS)],
            RECOVERY_TIMEOUT_SECONDS,
        );
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
                        ...seconds(RECOVERY_TIMEOUT_SECONDS),
                    ],
                    RECOVERY_TIMEOUT_SECONDS,
                );
        }
    }

    private async revisionsOf({ namespace, name }: ReleaseName): Promise<readonly ReleaseRevision[]> {
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
            // `readReleases` reads the Secrets.
            env: { ...process.env, HELM_DRIVER: "secret" },
            timeout: timeout * 1000 + GRACE_MS,
            ...(input === undefined ? {} : { input }),
        });
    }
}

/** Whether this engine installed none of the release's revisions; it labels each of them. */
function isForeign(revisions: readonly ReleaseRevision[]): boolean {
    return revisions.length > 0 && revisions.every(({ digest }) => digest === undefined);
}

/** The number of the latest revision; 0 without one. */
function numberOf(revisions: readonly ReleaseRevision[]): number {
    return latestOf(revisions)?.revision ?? 0;
}

/**
 * The arguments of `helm upgrade` for a release.
 *
 * @param revision the number that Helm will give to the new revision
 */
export function upgradeArguments(release: ReleaseRequest, digest: string, revision: number): string[] {
    const { name, chart, namespace, version, repository } = release;
    return [
        ...["upgrade", name, chart, "--install", "--namespace", namespace],
        ...["--values", "-", "--labels", `${DIGEST_LABEL}=${digest},${REVISION_LABEL}=${revision}`],
        ...["--history-max", "5"],
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
    const chart = await stat(join(folder, "Chart.yaml")).catch(() => undefined);
    if (chart === undefined) throw new Error(`${folder} does not contain a chart (Chart.yaml)`);
}
