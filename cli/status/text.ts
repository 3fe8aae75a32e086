import Table from "cli-table3";
import { runningTable } from "../up/summary";
import type { Canary, Certificate, MeshStatus, ServiceFigures } from "./model";

const DAY_MS = 86_400_000;

/** As many alerts and differences as a screen has room for. */
const LISTED = 12;

/** For people: what runs, how it does, and whether it is as the program has it. */
export function toText(status: MeshStatus, now: Date): string {
    const { workloads, services, alerts, certificates, canaries, drift, untold } = status;
    const differing = drift.filter(({ state }) => state !== "foreign");
    const foreign = drift.length - differing.length;
    return [
        runningTable(workloads),
        services.length === 0 ? "No service was asked within five minutes." : servicesTable(services),
        ...(canaries.length === 0 ? [] : [canariesTable(canaries)]),
        certificatesLine(certificates, now),
        listing(
            "Alerts",
            alerts.map(({ name, severity, about }) => `${name} (${severity}) ${about}`.trim()),
        ),
        listing(
            "Drift from the program",
            differing.map(({ text }) => text),
        ),
        ...(foreign === 0 ? [] : [`${foreign} more objects in its namespaces are not the program's.`]),
        ...(untold.length === 0 ? [] : [listing("Could not be told", untold)]),
    ].join("\n");
}

function servicesTable(services: readonly ServiceFigures[]): string {
    const table = new Table({
        head: ["service", "requests/s", "failed (may)", "p99 ms (may)", "replicas left out"],
        style: { head: [], border: [] },
        colAligns: ["left", "right", "right", "right", "right"],
    });
    for (const { service, rate, failed, mayFail, p99, slowAfter, leftOut } of services) {
        table.push([
            service,
            rate.toFixed(1),
            `${marked(percent(failed), failed > mayFail)} (${percent(mayFail)})`,
            p99 === undefined ? "" : `${marked(p99.toFixed(0), p99 > slowAfter)} (${slowAfter})`,
            leftOut === 0 ? "" : String(leftOut),
        ]);
    }
    return table.toString();
}

function canariesTable(canaries: readonly Canary[]): string {
    const table = new Table({
        head: ["rollout", "phase", "new version", "says"],
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
        .flatMap(({ until, name, namespace }) =>
            until === undefined ? [] : [{ until, name: `${namespace}/${name}` }],
        )
        .sort((a, b) => (a.until < b.until ? -1 : 1));
    const next =
        first === undefined
            ? ""
            : `; the first to end is ${first.name}, in ${((Date.parse(first.until) - now.getTime()) / DAY_MS).toFixed(0)} days`;
    const ready = `${certificates.length - waiting.length} of ${certificates.length} certificates are ready${next}.`;
    return waiting.length === 0
        ? ready
        : `${ready}\n${waiting.map(({ namespace, name }) => `  ${namespace}/${name} is not`).join("\n")}`;
}

function listing(title: string, lines: readonly string[]): string {
    if (lines.length === 0) return `${title}: none.`;
    const more = lines.length > LISTED ? [`  and ${lines.length - LISTED} more (--json has all)`] : [];
    return [`${title}: ${lines.length}`, ...lines.slice(0, LISTED).map((line) => `  ${line}`), ...more].join(
        "\n",
    );
}

/** What is over its limit, for who reads no colours too. */
function marked(text: string, isOver: boolean): string {
    return isOver ? `! ${text}` : text;
}

function percent(share: number): string {
    return `${(share * 100).toFixed(share > 0 && share < 0.01 ? 2 : 1)}%`;
}
