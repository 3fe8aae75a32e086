/** Measures a hop without and with sidecars in turn, with the telemetry of each variant. */
import { setTimeout as pause } from "node:timers/promises";
import { NAMESPACES } from "../../components/base/names";
import { FIELD_MANAGER } from "../../local/engine/kube/ownership";
import type { Deployment } from "../../test/live/deployment";
import { eventually } from "../../test/live/eventually";
import { orderOf, type Run, type SidecarUsage, type TelemetryVariant } from "./figures";
import { type LoadSettings, runLoad, type LoadResult } from "./load";
import {
    restartPair,
    makePlain,
    type MeshedPod,
    MESHED_ADDRESS,
    PLAIN_ADDRESS,
    removePlain,
    TELEMETRY_OF_THE_PAIR,
} from "./pairs";
import { type Usage, usageOf } from "./processes";
import { allocatedIn, isCut, isIstios, logged, seriesIn } from "./proxy";
import { applicable, everything, type LiveObject, off } from "./variants";

export interface MeasurementPlan extends LoadSettings {
    readonly rounds: number;
    /** Reports the next step. */
    readonly report: (what: string) => void;
    /** Aborts the measurement before its next step; changes are reverted all the same. */
    readonly stopped: AbortSignal;
}

/** Opens connections and fills caches before the measurement. */
const WARM_UP_SECONDS = 10;
/** Envoy flushes its logs every second. */
const FLUSH_MS = 2_500;

/** How each variant changes the telemetry objects. */
const CHANGES: Readonly<Record<Exclude<TelemetryVariant, "plain">, (object: LiveObject) => LiveObject>> = {
    off,
    default: (object) => object,
    everything,
};

/** Whether the series of a warmed-up callee show that its proxy has the variant's configuration. */
const HAS_VARIANT: Readonly<
    Record<Exclude<TelemetryVariant, "plain">, (istios: readonly string[]) => boolean>
> = {
    off: (istios) => istios.length === 0,
    default: (istios) => istios.length > 0 && !istios.some(isOfSizes),
    everything: (istios) => istios.some(isOfSizes),
};

export async function measure(node: Deployment, plan: MeasurementPlan): Promise<Run[]> {
    const { rounds, report, stopped } = plan;
    const original = await telemetryOfThePair(node);
    const runs: Run[] = [];
    try {
        const plain = await makePlain(node);
        for (const variant of orderOf(rounds)) {
            stopped.throwIfAborted();
            report(`${variant} (${runs.length + 1} of ${rounds * 4})`);
            if (variant === "plain") {
                // A new Service takes a moment to propagate.
                await eventually(async () => {
                    stopped.throwIfAborted();
                    await runLoad(node, plain, PLAIN_ADDRESS, { rate: plan.rate, seconds: WARM_UP_SECONDS });
                });
                runs.push({ variant, ...timesOf(await runLoad(node, plain, PLAIN_ADDRESS, plan)) });
            } else {
                await apply(node, original.map(CHANGES[variant]));
                runs.push(await measureMeshed(node, variant, plan));
            }
        }
        return runs;
    } finally {
        report("restoring the program's telemetry");
        await apply(node, original);
        await removePlain(node);
    }
}

async function telemetryOfThePair(node: Deployment): Promise<LiveObject[]> {
    const objects: LiveObject[] = [];
    for (const [kind, namespace, name] of TELEMETRY_OF_THE_PAIR) {
        const printed = await node.kubectl(["get", kind, name, "--namespace", namespace, "--output", "json"]);
        objects.push(applicable(JSON.parse(printed) as LiveObject));
    }
    return objects;
}

/** With the engine's field manager, so that field ownership does not change. */
async function apply(node: Deployment, objects: readonly LiveObject[]): Promise<void> {
    const list = { apiVersion: "v1", kind: "List", items: objects };
    await node.kubectl(
        [
            ...["apply", "--server-side", "--force-conflicts", "--field-manager", FIELD_MANAGER],
            ...["--filename", "-"],
        ],
        JSON.stringify(list),
    );
}

async function measureMeshed(
    node: Deployment,
    variant: Exclude<TelemetryVariant, "plain">,
    plan: MeasurementPlan,
): Promise<Run> {
    const pair = await restartPair(node);
    const [caller, callee] = pair;
    await eventually(async () => {
        plan.stopped.throwIfAborted();
        await runLoad(node, caller, MESHED_ADDRESS, { rate: plan.rate, seconds: WARM_UP_SECONDS });
        const istios = (await seriesOf(node, callee)).filter(isIstios);
        if (!HAS_VARIANT[variant](istios))
            throw new Error(`the proxies have not received the configuration of the variant "${variant}"`);
    });
    await pause(FLUSH_MS);
    plan.stopped.throwIfAborted();
    const since = new Date().toISOString();
    const before = await usageOfBoth(pair);
    const result = await runLoad(node, caller, MESHED_ADDRESS, plan);
    const after = await usageOfBoth(pair);
    await pause(FLUSH_MS);
    const usage = await sidecarUsage(node, pair, since, before, after);
    if (variant === "everything" && isCut(usage.logLines, result.micros.length))
        throw new Error(
            `of ${result.micros.length} requests the proxies logged ${usage.logLines} lines, fewer than two each: ` +
                "the log files were rotated; use fewer --seconds or a lower --rate",
        );
    return { variant, ...timesOf(result), usage };
}

async function sidecarUsage(
    node: Deployment,
    pair: readonly MeshedPod[],
    since: string,
    before: Usage,
    after: Usage,
): Promise<SidecarUsage> {
    const each = await Promise.all(
        pair.map(async (pod) => {
            const series = await seriesOf(node, pod);
            const log = await node.kubectl([
                ...["logs", "--namespace", NAMESPACES.services, pod.pod, "--container", "istio-proxy"],
                ...["--since-time", since],
            ]);
            return {
                series: series.length,
                istioSeries: series.filter(isIstios).length,
                allocatedBytes: allocatedIn(await admin(node, pod, "memory")),
                ...logged(log),
            };
        }),
    );
    const sum = (field: keyof (typeof each)[number]) => each.reduce((total, one) => total + one[field], 0);
    return {
        cpuSeconds: after.cpuSeconds - before.cpuSeconds,
        residentBytes: after.residentBytes,
        allocatedBytes: sum("allocatedBytes"),
        series: sum("series"),
        istioSeries: sum("istioSeries"),
        logLines: sum("logLines"),
        logBytes: sum("logBytes"),
    };
}

async function usageOfBoth(pair: readonly MeshedPod[]): Promise<Usage> {
    const each = await Promise.all(pair.map(({ sidecar }) => usageOf(sidecar)));
    return {
        cpuSeconds: each.reduce((sum, one) => sum + one.cpuSeconds, 0),
        residentBytes: each.reduce((sum, one) => sum + one.residentBytes, 0),
    };
}

async function seriesOf(node: Deployment, pod: MeshedPod): Promise<string[]> {
    return seriesIn(await admin(node, pod, "stats/prometheus"));
}

async function admin(node: Deployment, { namespace, pod }: MeshedPod, path: string): Promise<string> {
    return await node.kubectl([
        ...["exec", "--namespace", namespace, pod, "--container", "istio-proxy", "--"],
        ...["pilot-agent", "request", "GET", path],
    ]);
}

function timesOf({ micros, lateMicros }: LoadResult): Pick<Run, "micros" | "lateMicros"> {
    return { micros, lateMicros };
}

function isOfSizes(series: string): boolean {
    return series.startsWith("envoy_istio_request_bytes_");
}
