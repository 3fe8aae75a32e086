/** A report for people. */
import Table from "cli-table3";
import { groupBy } from "../../../catalogue/order";
import { isDifference } from "../drift/compare";
import { keyOf } from "../drift/objects";
import type { Check, Expected, Unchecked } from "../model";
import { describeRequest } from "../plan/requests";
import { LIST_PROBERS } from "../probers/lifecycle";
import { type Difference, type VerifyReport, counts, differs, unproven } from "./model";
import { LEGEND, PLAIN, matrixTable } from "./table";

/** More of one layer says nothing new; `--json` has them all. */
const SHOWN_PER_LAYER = 15;
const SUSPECTS_SHOWN = 5;
const REPEATED_SHOWN = 5;

export function toText(report: VerifyReport): string {
    const blocks = [
        `${matrixTable(report.findings)}\n${LEGEND}`,
        countTable(report),
        ...driftBlocks(report),
        ...differenceBlocks(report),
        ...miscountBlocks(report),
        ...acceptedBlocks(report),
        ...report.notChecked.map(describeUnchecked),
        ...repeatedBlocks(report),
        ...stuckBlocks(report),
        summary(report),
    ];
    return `${blocks.join("\n\n")}\n`;
}

function countTable({ findings }: VerifyReport): string {
    const table = new Table({
        ...PLAIN,
        head: ["layer", "expected", "requests", "differences"],
        colAligns: ALIGNED,
    });
    for (const { layer, expected, checks, differences } of counts(findings)) {
        table.push([layer, expected, checks, differences]);
    }
    return table.toString();
}

const ALIGNED: Table.HorizontalAlignment[] = ["left", "left", "right", "right"];

function driftBlocks({ drift }: VerifyReport): string[] {
    const differences = drift.filter(isDifference).map(({ text }) => `✗ ${text}`);
    const warnings = drift.filter((one) => !isDifference(one)).map(({ text }) => `! ${text}`);
    const lines = [...differences, ...warnings];
    return lines.length === 0 ? [] : [lines.join("\n")];
}

function acceptedBlocks({ accepted, acceptedInVain }: VerifyReport): string[] {
    const lines = [
        ...accepted.map(({ text }) => `! accepted: ${text}`),
        ...acceptedInVain.map((name) => `! --accept ${name}: no foreign object has this name`),
    ];
    return lines.length === 0 ? [] : [lines.join("\n")];
}

function describeUnchecked({ part, why, optional, requested }: Unchecked): string {
    if (requested) return `! not checked: ${part}: ${why}`;
    const remedy = optional === undefined ? "" : `\n    --allow-unchecked ${optional} leaves it out`;
    return `✗ not checked: ${part}: ${why}${remedy}`;
}

function differenceBlocks({ differences, drift }: VerifyReport): string[] {
    const shown = shownAbove(drift);
    const byLayer = new Map<string, Difference[]>();
    for (const difference of differences) {
        const { layer } = difference.finding.check;
        byLayer.set(layer, [...(byLayer.get(layer) ?? []), difference]);
    }
    return [...byLayer].flatMap(([layer, all]) => {
        const rest = all.length - SHOWN_PER_LAYER;
        return [
            ...all.slice(0, SHOWN_PER_LAYER).map((difference) => describeDifference(difference, shown)),
            ...(rest > 0 ? [`  and ${rest} more in the layer ${layer}: --json has them all`] : []),
        ];
    });
}

function miscountBlocks({ miscounts, drift }: VerifyReport): string[] {
    const shown = shownAbove(drift);
    return miscounts.map(({ layer, workload, expected, counted, suspects, explanations }) => {
        const from = suspects.slice(0, SUSPECTS_SHOWN).map(({ check }) => check.source.name);
        const rest = suspects.length - from.length;
        return [
            `✗ ${layer}: ${workload} counts ${plural(counted, "denied TCP connection")}, and ${expected} were expected`,
            ...(from.length === 0
                ? ["    got       denials of connections that nobody here made"]
                : [
                      `    got       connections that ended for another reason than expected`,
                      `    from      ${from.join(", ")}${rest > 0 ? ` and ${rest} more` : ""}`,
                  ]),
            ...explanations.map((text) => `    see       ${shown.get(text) ?? text}`),
        ].join("\n");
    });
}

/** The requests that were made again, by what they got. */
function repeatedBlocks({ repeated }: VerifyReport): string[] {
    if (repeated.length === 0) return [];
    const byResult = groupBy(repeated, ({ got }) => got);
    const lines = [...byResult]
        .sort(([, a], [, b]) => b.length - a.length)
        .slice(0, REPEATED_SHOWN)
        .map(([got, all]) => {
            const [first, ...others] = all;
            return `    ${got}: ${first.check.id}${others.length === 0 ? "" : ` and ${others.length} more`}`;
        });
    const rest = byResult.size - lines.length;
    return [
        [
            `! ${plural(repeated.length, "request")} made again, because the try before showed nothing:`,
            ...lines,
            ...(rest > 0 ? [`    and ${plural(rest, "other result")}: --json has them all`] : []),
        ].join("\n"),
    ];
}

function stuckBlocks({ stuckProbers: [first, ...rest] }: VerifyReport): string[] {
    if (first === undefined) return [];
    const more = rest.length === 0 ? "" : ` and ${rest.length} more`;
    return [
        `! probers that do not go away: ${first}${more}\n` +
            `    see \`${LIST_PROBERS}\`; their containers end by themselves within half an hour`,
    ];
}

/** Explanations that were given in full already, and how to refer to them. */
function shownAbove(drift: VerifyReport["drift"]): ReadonlyMap<string, string> {
    return new Map(drift.map(({ text, state, object }) => [text, `${keyOf(object)} (${state}, above)`]));
}

function plural(count: number, noun: string): string {
    return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

function describeDifference(
    { finding: { check, got }, explanations }: Difference,
    shown: ReadonlyMap<string, string>,
): string {
    return [
        `✗ ${check.layer}: ${describeCheck(check)}`,
        `    expected  ${describeExpected(check.expected)}`,
        `    got       ${got}`,
        `    because   ${check.because}`,
        ...explanations.map((text) => `    see       ${shown.get(text) ?? text}`),
    ].join("\n");
}

function describeCheck({ source, destination, entry, outside, request, sends }: Check): string {
    if (outside !== undefined) {
        const { host, port, address, from } = outside;
        const past = address === undefined ? "" : ` at ${address}, past the gateway`;
        return `${source.name} → ${host}:${port} outside${past}, from its ${from === "pod" ? "own pod" : "prober"}`;
    }
    const headers = Object.entries(sends?.headers ?? {}).map(([name, value]) => `${name}: ${value}`);
    const token = sends?.token === undefined ? [] : [`a token of ${sends.token.tenant}`];
    const sent = [...headers, ...token].join(" and ");
    const to = `${destination.name} on ${destination.portName}, ${describeRequest(request)}${sent === "" ? "" : ` with ${sent}`}`;
    return entry === undefined ? `${source.name} → ${to}` : `${entry.host} at ${entry.gateway} → ${to}`;
}

export function describeExpected(expected: Expected): string {
    switch (expected.kind) {
        case "answered": {
            const answer = expected.caller === null ? "an answer" : `an answer to ${expected.caller}`;
            const headers = Object.entries(expected.headers ?? {});
            if (headers.length === 0) return answer;
            return `${answer}, with ${headers.map(([name, value]) => (value === null ? `no ${name}` : `${name}: ${value}`)).join(", ")}`;
        }
        case "rbac":
            return "an RBAC denial";
        case "refused-handshake":
            return "no connection without mutual TLS";
        case "no-route":
            return "no route";
        case "no-name":
            return "no such name";
        case "attempts":
            return expected.count === 1
                ? "the callee's failure, untried again"
                : `the callee's failure at attempt ${expected.count}`;
        case "given-up":
            return `a timeout after ${expected.after} ms`;
        case "left":
            return [
                `an answer to the egress gateway at ${expected.peers.join(" or ") || "no address: it has no pod"}`,
                "no caller's identity",
                ...Object.keys(expected.headers ?? {}).map((name) => `no ${name}`),
            ].join(", ");
        case "token-refused":
            return "a refusal of the token";
        case "redirect":
            return `a redirect to ${expected.location}`;
        case "path-refused":
            return "400, with what is wrong with the path";
        case "no-tls-version":
            return "no version of TLS in common";
        case "certificate-refused":
            return "a handshake that ends for lack of a client certificate";
    }
}

function summary(report: VerifyReport): string {
    const { findings, differences, repeated, seconds, miscounts, drift } = report;
    const changed = drift.filter(({ state }) => state !== "foreign").length;
    const foreign = drift.filter((one) => one.state === "foreign" && isDifference(one)).length;
    const left = unproven(report).length;
    const made = `${findings.length} requests in ${seconds.requests.toFixed(0)} s${repeated.length > 0 ? ` (${repeated.length} made again)` : ""}`;
    const found = [
        plural(differences.length + miscounts.length, "difference"),
        ...(changed > 0 ? [`${plural(changed, "object")} missing or changed`] : []),
        ...(foreign > 0 ? [`${plural(foreign, "foreign object")} that can widen access`] : []),
        ...(left > 0 ? [`${plural(left, "part")} not checked`] : []),
    ].join(", ");
    const verdict = differs(report)
        ? "The mesh differs from the catalogue"
        : left > 0
          ? "Not proven, though what was checked agrees with the catalogue"
          : "The mesh lets through exactly the catalogue's calls";
    return `${verdict}: ${found}.\n${made}, ${seconds.total.toFixed(0)} s in all, on ${report.cluster}.`;
}
