import Table from "cli-table3";
import { plural } from "../lib/plural";
import { runningTable } from "../lib/cluster/deployments";
import type { Canary, Certificate, MeshStatus, ServiceMetrics } from "./model";

const DAY_MS = 86_400_000;

/** Limit of listed alerts and drifted objects, so that the status fits on a screen. */
const MAX_LISTED = 12;

/** The status as text. */
export function toText(status: MeshStatus, now: Date): string {
    const { workloads, services, alerts, certificates, canaries, drift, unavailable } = status;
    const differing = drift.filter(({ state }) => state !== "foreign");
    const foreign = drift.length - differing.length;
    return [
        runningTable(workloads),
        services.length === 0 ? "No traffic in the last 5 minutes." : servicesTable(services),
        ...(canaries.length === 0 ? [] : [canariesTable(canaries)]),
        certificatesLine(certificates, now),
        listing(
            "Alerts",
            alerts.map(({ name, severity, subject }) => `${name} (${severity}) ${subject}`.trim()),
        ),
        listing(
            "Drift from the desired state",
            differing.map(({ text }) => text),
        ),
        ...(foreign === 0 ? [] : [`${plural(foreign, "foreign object")} in the program's namespaces.`]),
        ...(unavailable.length === 0 ? [] : [listing("Unavailable", unavailable)]),
    ].join("\n");
}

function servicesTable(services: readonly ServiceMetrics[]): string {
    const table = new Table({
        head: ["service", "requests/s", "error rate (SLO)", "p99 ms (threshold)", "ejected endpoints"],
        style: { head: [], border: [] },
        colAligns: ["left", "right", "right", "right", "right"],
    });
    for (const {
        service,
        requestsPerSecond,
        errorRate,
        errorRateObjective,
        p99Ms,
        latencyThresholdMs,
        ejectedEndpoints,
    } of services) {
        table.push([
            service,
            requestsPerSecond.toFixed(1),
            `${marked(percent(errorRate), errorRate > errorRateObjective)} (${percent(errorRateObjective)})`,
            p99Ms === undefined
                ? ""
                : `${marked(p99Ms.toFixed(0), p99Ms > latencyThresholdMs)} (${latencyThresholdMs})`,
            ejectedEndpoints === 0 ? "" : String(ejectedEndpoints),
        ]);
    }
    return table.toString();
}

function canariesTable(canaries: readonly Canary[]): string {
    const table = new Table({
        head: ["rollout", "phase", "canary weight", "message"],
        style: { head: [], border: [] },
    });
    for (const { namespace, name, phase, weight, message } of canaries)
        table.push([`${namespace}/${name}`, phase, `${weight}%`, message]);
    return table.toString();
}

function certificatesLine(certificates: readonly Certificate[], now: Date): string {
    if (certificates.length === 0) return "No certificates.";
    const waiting = certificates.filter(({ ready }) => !ready);
    const [first] = certificates
        .flatMap(({ notAfter, name, namespace }) =>
            notAfter === undefined ? [] : [{ notAfter, name: `${namespace}/${name}` }],
        )
        .sort((a, b) => (a.notAfter < b.notAfter ? -1 : 1));
    const next =
        first === undefined
            ? ""
            : `; next to expire: ${first.name}, in ${plural(Math.round((Date.parse(first.notAfter) - now.getTime()) / DAY_MS), "day")}`;
    const ready = `Certificates: ${certificates.length - waiting.length} of ${certificates.length} ready${next}.`;
    return waiting.length === 0
        ? ready
        : `${ready}\n${waiting.map(({ namespace, name }) => `  ${namespace}/${name} is not ready`).join("\n")}`;
}

function listing(title: string, lines: readonly string[]): string {
    if (lines.length === 0) return `${title}: none.`;
    const more =
        lines.length > MAX_LISTED ? [`  and ${lines.length - MAX_LISTED} more (--json lists all)`] : [];
    return [
        `${title}: ${lines.length}`,
        ...lines.slice(0, MAX_LISTED).map((line) => `  ${line}`),
        ...more,
    ].join("\n");
}

/** Marks a value that exceeds its limit, without relying on color. */
function marked(text: string, isOver: boolean): string {
    return isOver ? `! ${text}` : text;
}

function percent(share: number): string {
    return `${(share * 100).toFixed(share > 0 && share < 0.01 ? 2 : 1)}%`;
}
