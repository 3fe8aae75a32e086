/** Measures a hop by turns without sidecars and with them, with the telemetry that each variant says. */
import { setTimeout as pause } from "node:timers/promises";
import { NAMESPACES } from "../../components/base/names";
import { FIELD_MANAGER } from "../../local/engine/kube/ownership";
import type { Deployment } from "../../test/live/deployment";
import { eventually } from "../../test/live/eventually";
import { orderOf, type Run, type Taken, type Variant } from "./figures";
import { type Load, loaded, type LoadResult } from "./load";
import {
    anew,
    makePlain,
    type Meshed,
    MESHED_ADDRESS,
    PLAIN_ADDRESS,
    removePlain,
    TELEMETRY_OF_THE_PAIR,
} from "./pairs";
import { type Usage, usageOf } from "./processes";
import { allocatedIn, isCut, isIstios, logged, seriesIn } from "./proxy";
import { applicable, everything, type Live, off } from "./variants";

export interface Plan extends Load {
    readonly rounds: number;
    /** Told what is done next. */
    readonly say: (what: string) => void;
    /** Ends the measurement before its next step; what was changed is given back all the same. */
    readonly stopped: AbortSignal;
}

/** Connections are opened, certificates checked and caches filled before anything is measured. */
const WARM_UP_SECONDS = 10;
/** By when Envoy has written what it logged: it does so each second. */
const WRITTEN_MS = 2_500;

/** By variant what is made of the objects that say what is counted and logged. */
const CHANGES: Readonly<Record<Exclude<Variant, "plain">, (object: Live) => Live>> = {
    off,
    made: (object) => object,
    everything,
};

/** How the series of a warmed-up callee show that its proxy has the variant. */
const ARRIVED: Readonly<Record<Exclude<Variant, "plain">, (istios: readonly string[]) => boolean>> = {
    off: (istios) => istios.length === 0,
    made: (istios) => istios.length > 0 && !istios.some(isOfSizes),
    everything: (istios) => istios.some(isOfSizes),
};

export async function measured(node: Deployment, plan: Plan): Promise<Run[]> {
    const { rounds, say, stopped } = plan;
    const made = await telemetryOfThePair(node);
    const runs: Run[] = [];
    try {
        const plain = await makePlain(node);
        for (const variant of orderOf(rounds)) {
            stopped.throwIfAborted();
            say(`${variant} (${runs.length + 1} of ${rounds * 4})`);
            if (variant === "plain") {
                // A Service that is new is not everywhere at once.
                await eventually(async () => {
                    stopped.throwIfAborted();
                    await loaded(node, plain, PLAIN_ADDRESS, { rate: plan.rate, seconds: WARM_UP_SECONDS });
                });
                runs.push({ variant, ...timesOf(await loaded(node, plain, PLAIN_ADDRESS, plan)) });
            } else {
                await applied(node, made.map(CHANGES[variant]));
                runs.push(await measuredMeshed(node, variant, plan));
            }
        }
        return runs;
    } finally {
        say("giving back the telemetry that the program made");
        await applied(node, made);
        await removePlain(node);
    }
}

async function telemetryOfThePair(node: Deployment): Promise<Live[]> {
    const found: Live[] = [];
    for (const [kind, namespace, name] of TELEMETRY_OF_THE_PAIR) {
        const printed = await node.kubectl(["get", kind, name, "--namespace", namespace, "--output", "json"]);
        found.push(applicable(JSON.parse(printed) as Live));
    }
    return found;
}

/** By the name of who made them, so that whose a field is stays as it was. */
async function applied(node: Deployment, objects: readonly Live[]): Promise<void> {
    const list = { apiVersion: "v1", kind: "List", items: objects };
    await node.kubectl(
        [
            ...["apply", "--server-side", "--force-conflicts", "--field-manager", FIELD_MANAGER],
            ...["--filename", "-"],
        ],
        JSON.stringify(list),
    );
}

async function measuredMeshed(
    node: Deployment,
    variant: Exclude<Variant, "plain">,
    plan: Plan,
): Promise<Run> {
    const pair = await anew(node);
    const [caller, callee] = pair;
    await eventually(async () => {
        plan.stopped.throwIfAborted();
        await loaded(node, caller, MESHED_ADDRESS, { rate: plan.rate, seconds: WARM_UP_SECONDS });
        const istios = (await seriesOf(node, callee)).filter(isIstios);
        if (!ARRIVED[variant](istios)) throw new Error(`the proxies have not got the variant "${variant}"`);
    });
    await pause(WRITTEN_MS);
    plan.stopped.throwIfAborted();
    const since = new Date().toISOString();
    const before = await usageOfBoth(pair);
    const result = await loaded(node, caller, MESHED_ADDRESS, plan);
    const after = await usageOfBoth(pair);
    await pause(WRITTEN_MS);
    const taken = await takenBy(node, pair, since, before, after);
    if (variant === "everything" && isCut(taken.logLines, result.micros.length))
        throw new Error(
            `of ${result.micros.length} requests the proxies logged ${taken.logLines} lines, where each logs all of them: ` +
                "the node began new files; ask for fewer seconds, or fewer requests a second",
        );
    return { variant, ...timesOf(result), taken };
}

async function takenBy(
    node: Deployment,
    pair: readonly Meshed[],
    since: string,
    before: Usage,
    after: Usage,
): Promise<Taken> {
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

async function usageOfBoth(pair: readonly Meshed[]): Promise<Usage> {
    const each = await Promise.all(pair.map(({ sidecar }) => usageOf(sidecar)));
    return {
        cpuSeconds: each.reduce((sum, one) => sum + one.cpuSeconds, 0),
        residentBytes: each.reduce((sum, one) => sum + one.residentBytes, 0),
    };
}

async function seriesOf(node: Deployment, pod: Meshed): Promise<string[]> {
    return seriesIn(await admin(node, pod, "stats/prometheus"));
}

async function admin(node: Deployment, { namespace, pod }: Meshed, path: string): Promise<string> {
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
