/** Pods that run to their end: once, or by a schedule. */
import type { ImageSource } from "../../config/workloads";
import type { CronJobManifest, JobManifest } from "../base/manifest";
import type { Placement } from "../shared/pods/pools";
import { FIRST_VERSION, podTemplate, type PodSource, workloadMetadata } from "./deployment";
import type { Workload } from "./workload";

const RETRIES = 3;
/** Seconds by which a run can start late. Without a limit, the controller gives up after 100 missed runs. */
const START_DEADLINE_SECONDS = 300;

/**
 * True as soon as the Job exists: a deployment must not fail, or wait, because the job takes longer than it. `skipAwait`
 * would also skip the wait for the deletion of a Job that is replaced, and the new one could not be created under its name
 * (pulumi-kubernetes, `provider/pkg/metadata/overrides.go`, `allowsSkipAwaitWithDelete`).
 */
const UNTIL_CREATED = { "pulumi.com/waitFor": "jsonpath={.metadata.uid}" };

/**
 * Runs once. It is not deleted when it has completed: the next deployment would create it again. The engines replace it
 * when its pods change, because a Job's template is immutable.
 */
export function job(workload: Workload, source: ImageSource, pods: PodSource, place: Placement): JobManifest {
    const { name, namespace, labels } = workloadMetadata(workload, FIRST_VERSION);
    return {
        apiVersion: "batch/v1",
        kind: "Job",
        metadata: { name, namespace, labels, annotations: UNTIL_CREATED },
        spec: jobSpec(workload, source, pods, place),
    };
}

export function cronJob(
    workload: Workload,
    source: ImageSource,
    pods: PodSource,
    place: Placement,
): CronJobManifest {
    const metadata = workloadMetadata(workload, FIRST_VERSION);
    const { schedule = "", timeZone = "Etc/UTC" } = source;
    return {
        apiVersion: "batch/v1",
        kind: "CronJob",
        metadata,
        spec: {
            schedule,
            timeZone,
            // A run that takes longer than its interval is not started twice.
            concurrencyPolicy: "Forbid",
            startingDeadlineSeconds: START_DEADLINE_SECONDS,
            successfulJobsHistoryLimit: 3,
            failedJobsHistoryLimit: 3,
            jobTemplate: {
                metadata: { labels: metadata.labels },
                spec: jobSpec(workload, source, pods, place),
            },
        },
    };
}

function jobSpec(
    workload: Workload,
    { retries = RETRIES, deadlineSeconds }: ImageSource,
    pods: PodSource,
    place: Placement,
): NonNullable<JobManifest["spec"]> {
    return {
        backoffLimit: retries,
        ...(deadlineSeconds === undefined ? {} : { activeDeadlineSeconds: deadlineSeconds }),
        template: podTemplate(workload, FIRST_VERSION, pods, place),
    };
}
