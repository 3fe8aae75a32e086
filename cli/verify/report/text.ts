/** The report as text. */
import Table from "cli-table3";
import { groupBy } from "../../../catalogue/order";
import { isMismatch } from "../../lib/drift/compare";
import { keyOf } from "../../lib/drift/objects";
import type { Check, Expected, Unchecked } from "../model";
import { plural } from "../../lib/plural";
import { describeRequest } from "../plan/requests";
import { LIST_PROBERS } from "../probers/lifecycle";
import { type Mismatch, type VerifyReport, counts, differs, uncheckedWithoutConsent } from "./model";
import { LEGEND, PLAIN, matrixTable } from "./table";

/** Limit of listed mismatches per layer; `--json` lists all. */
const SHOWN_PER_LAYER = 15;
const SUSPECTS_SHOWN = 5;
const RETRIED_SHOWN = 5;

export function toText(report: VerifyReport): string {
    const blocks = [
        `${matrixTable(report.results)}\n${LEGEND}`,
        countTable(report),
        ...driftBlocks(report),
        ...mismatchBlocks(report),
        ...miscountBlocks(report),
        ...acceptedBlocks(report),
        ...report.unchecked.map(describeUnchecked),
        ...retriedBlocks(report),
        ...stuckBlocks(report),
        summary(report),
    ];
    return `${blocks.join("\n\n")}\n`;
}

function countTable({ results }: VerifyReport): string {
    const table = new Table({
        ...PLAIN,
        head: ["layer", "expected", "requests", "mismatches"],
        colAligns: ALIGNED,
    });
    for (const { layer, expected, checks, mismatches } of counts(results)) {
        table.push([layer, expected, checks, mismatches]);
    }
    return table.toString();
}

const ALIGNED: Table.HorizontalAlignment[] = ["left", "left", "right", "right"];

function driftBlocks({ drift }: VerifyReport): string[] {
    const mismatches = drift.filter(isMismatch).map(({ text }) => `✗ ${text}`);
    const warnings = drift.filter((one) => !isMismatch(one)).map(({ text }) => `! ${text}`);
    const lines = [...mismatches, ...warnings];
    return lines.length === 0 ? [] : [lines.join("\n")];
}

function acceptedBlocks({ accepted, unusedAccepts }: VerifyReport): string[] {
    const lines = [
        ...accepted.map(({ text }) => `! accepted: ${text}`),
        ...unusedAccepts.map((name) => `! --accept ${name}: no such foreign object`),
    ];
    return lines.length === 0 ? [] : [lines.join("\n")];
}

function describeUnchecked({ part, reason, optional, requested }: Unchecked): string {
    if (requested) return `! not checked: ${part}: ${reason}`;
    const remedy = optional === undefined ? "" : `\n    to exclude it: --allow-unchecked ${optional}`;
    return `✗ not checked: ${part}: ${reason}${remedy}`;
}

function mismatchBlocks({ mismatches, drift }: VerifyReport): string[] {
    const shown = shownAbove(drift);
    const byLayer = new Map<string, Mismatch[]>();
    for (const mismatch of mismatches) {
        const { layer } = mismatch.checkResult.check;
        byLayer.set(layer, [...(byLayer.get(layer) ?? []), mismatch]);
    }
    return [...byLayer].flatMap(([layer, all]) => {
        const rest = all.length - SHOWN_PER_LAYER;
        return [
            ...all.slice(0, SHOWN_PER_LAYER).map((mismatch) => describeMismatch(mismatch, shown)),
            ...(rest > 0 ? [`  and ${rest} more in layer ${layer}: --json lists all`] : []),
        ];
    });
}

function miscountBlocks({ miscounts, drift }: VerifyReport): string[] {
    const shown = shownAbove(drift);
    return miscounts.map(({ layer, workload, expected, counted, suspects, explanations }) => {
        const from = suspects.slice(0, SUSPECTS_SHOWN).map(({ check }) => check.source.name);
        const rest = suspects.length - from.length;
        return [
            `✗ ${layer}: Envoy of ${workload} counted ${plural(counted, "denied TCP connection")}, expected ${expected}`,
            ...(from.length === 0
                ? ["    actual    denials of connections that this run did not open"]
                : [
                      `    actual    connections that were closed for another reason than expected`,
                      `    from      ${from.join(", ")}${rest > 0 ? ` and ${rest} more` : ""}`,
                  ]),
            ...explanations.map((text) => `    see       ${shown.get(text) ?? text}`),
        ].join("\n");
    });
}

/** The retried requests, by result. */
function retriedBlocks({ retried }: VerifyReport): string[] {
    if (retried.length === 0) return [];
    const byResult = groupBy(retried, ({ actual }) => actual);
    const lines = [...byResult]
        .sort(([, a], [, b]) => b.length - a.length)
        .slice(0, RETRIED_SHOWN)
        .map(([actual, all]) => {
            const [first, ...others] = all;
            return `    ${actual}: ${first.check.id}${others.length === 0 ? "" : ` and ${others.length} more`}`;
        });
    const rest = byResult.size - lines.length;
    return [
        [
            `! ${plural(retried.length, "request")} retried after an inconclusive result:`,
            ...lines,
            ...(rest > 0 ? [`    and ${plural(rest, "other result")}: --json lists all`] : []),
        ].join("\n"),
    ];
}

function stuckBlocks({ stuckProbers: [first, ...rest] }: VerifyReport): string[] {
    if (first === undefined) return [];
    const more = rest.length === 0 ? "" : ` and ${rest.length} more`;
    return [
        `! probers that could not be removed: ${first}${more}\n` +
            `    see \`${LIST_PROBERS}\`; their containers exit within 30 minutes`,
    ];
}

/** Texts that are printed above in full, and short references to them. */
function shownAbove(drift: VerifyReport["drift"]): ReadonlyMap<string, string> {
    return new Map(drift.map(({ text, state, object }) => [text, `${keyOf(object)} (${state}, above)`]));
}

function describeMismatch(
    { checkResult: { check, actual }, explanations }: Mismatch,
    shown: ReadonlyMap<string, string>,
): string {
    return [
        `✗ ${check.layer}: ${describeCheck(check)}`,
        `    expected  ${describeExpected(check.expected)}`,
        `    actual    ${actual}`,
        `    reason    ${check.reason}`,
        ...explanations.map((text) => `    see       ${shown.get(text) ?? text}`),
    ].join("\n");
}

function describeCheck({ source, destination, ingress, egress, request, sends }: Check): string {
    if (egress !== undefined) {
        const { host, port, address, from } = egress;
        const past = address === undefined ? "" : ` at ${address}, bypassing the gateway`;
        return `${source.name} → external host ${host}:${port}${past}, from its ${from === "pod" ? "pod" : "prober"}`;
    }
    const headers = Object.entries(sends?.headers ?? {}).map(([name, value]) => `${name}: ${value}`);
    const token = sends?.token === undefined ? [] : [`a token of ${sends.token.tenant}`];
    const sent = [...headers, ...token].join(" and ");
    const to = `${destination.name} on ${destination.portName}, ${describeRequest(request)}${sent === "" ? "" : ` with ${sent}`}`;
    return ingress === undefined ? `${source.name} → ${to}` : `${ingress.host} at ${ingress.gateway} → ${to}`;
}

export function describeExpected(expected: Expected): string {
    switch (expected.kind) {
        case "answered": {
            const answer = expected.caller === null ? "a response" : `a response to ${expected.caller}`;
            const headers = Object.entries(expected.headers ?? {});
            if (headers.length === 0) return answer;
            return `${answer}, with ${headers.map(([name, value]) => (value === null ? `no ${name}` : `${name}: ${value}`)).join(", ")}`;
        }
        case "rbac":
            return "an RBAC denial";
        case "handshake-rejected":
            return "a rejected connection without mutual TLS";
        case "no-route":
            return "no route";
        case "no-such-host":
            return "a DNS error: no such host";
        case "attempts":
            return expected.count === 1
                ? "the callee's failure, without a retry"
                : `the callee's failure at attempt ${expected.count}`;
        case "timeout":
            return `a timeout after ${expected.after} ms`;
        case "via-egress-gateway":
            return [
                `a response to the egress gateway at ${expected.peers.join(" or ") || "no address (no ready pod)"}`,
                "no caller's identity",
                ...Object.keys(expected.headers ?? {}).map((name) => `no ${name}`),
            ].join(", ");
        case "token-rejected":
            return "a rejected token";
        case "redirect":
            return `a redirect to ${expected.location}`;
        case "path-rejected":
            return "400 with the reason why the path is rejected";
        case "tls-version-rejected":
            return "no TLS version in common";
        case "certificate-rejected":
            return "a handshake rejected for lack of a client certificate";
    }
}

function summary(report: VerifyReport): string {
    const { results, mismatches, retried, seconds, miscounts, drift } = report;
    const changed = drift.filter(({ state }) => state !== "foreign").length;
    const foreign = drift.filter((one) => one.state === "foreign" && isMismatch(one)).length;
    const left = uncheckedWithoutConsent(report).length;
    const made = `${plural(results.length, "request")} in ${seconds.requests.toFixed(0)} s${retried.length > 0 ? ` (${retried.length} retried)` : ""}`;
    const totals = [
        plural(mismatches.length + miscounts.length, "mismatch", "mismatches"),
        ...(changed > 0 ? [`${plural(changed, "object")} missing or changed`] : []),
        ...(foreign > 0 ? [`${plural(foreign, "foreign object")} that can widen access`] : []),
        ...(left > 0 ? [`${plural(left, "part")} unchecked`] : []),
    ].join(", ");
    const verdict = differs(report)
        ? "The mesh differs from the catalogue"
        : left > 0
          ? "Not verified, although all checked parts match the catalogue"
          : "The mesh allows exactly the catalogue's calls";
    return `${verdict}: ${totals}.\n${made}, ${seconds.total.toFixed(0)} s in total, on ${report.cluster}.`;
}
