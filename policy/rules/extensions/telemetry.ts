import { EXCEPTIONS_SCHEMA, isExcepted, NO_EXCEPTIONS, type WithExceptions } from "../../core/exceptions";
import { at, fields, list, textAt } from "../../core/read";
import { objectRule } from "../../core/rule";

/** Metrics with which outages and attacks are detected. */
const NEEDED: ReadonlySet<string> = new Set([
    "ALL_METRICS",
    "REQUEST_COUNT",
    "REQUEST_DURATION",
    "TCP_CLOSED_CONNECTIONS",
]);

/** Headers with credentials of a client. */
const CREDENTIALS = /(^|[^a-z-])((proxy-)?authorization|(set-)?cookie|x-api-key)($|[^a-z-])/i;

/** Proxies that log a request: those of its client and its server. */
const SIDES = ["CLIENT", "SERVER"] as const;

type Side = (typeof SIDES)[number];

/** Filter that keeps the failures of each side. */
const FAILURE_FILTER: Readonly<Record<Side, string>> = {
    CLIENT: "response.flags > 0",
    SERVER: "response.code >= 400",
};

export const telemetry = objectRule<WithExceptions>({
    name: "extensions-telemetry",
    area: "extensions",
    title: "No Telemetry disables metrics or access logs of failed requests, or exports credentials",
    severity: "medium",
    why: "without metrics there are no alerts, and without access logs an incident cannot be investigated",
    remediation: "Remove `disabled`. To reduce logs, keep errors: response.code >= 400 as one operand of ||.",
    appliesTo: ["telemetry.istio.io/Telemetry"],
    defaults: NO_EXCEPTIONS,
    schema: { exceptions: EXCEPTIONS_SCHEMA },
    examples: {
        noncompliant: `
apiVersion: telemetry.istio.io/v1alpha1
kind: Telemetry
metadata: { name: quiet, namespace: shop }
spec: { accessLogging: [{ filter: { expression: "response.code < 500" } }] }
`,
        compliant: `
apiVersion: telemetry.istio.io/v1
kind: Telemetry
metadata: { name: errors, namespace: shop }
spec: { accessLogging: [{ filter: { expression: "response.code >= 400 || connection.mtls == false" } }] }
`,
    },
    *evaluate(subject, config) {
        if (isExcepted(config, subject)) return;
        for (const [index, metrics] of list(subject.spec["metrics"]).entries()) {
            for (const [place, override] of list(at(metrics, "overrides")).entries()) {
                const metric = textAt(override, "match", "metric") ?? "ALL_METRICS";
                if (textAt(override, "disabled") !== "true" || !NEEDED.has(metric)) continue;
                yield {
                    subject,
                    problem: `spec.metrics[${index}].overrides[${place}] disables ${textAt(override, "match", "customMetric") ?? metric}`,
                    fix: "remove `disabled`. To reduce cardinality, remove tags instead (tagOverrides).",
                };
            }
        }
        for (const [index, tracing] of list(subject.spec["tracing"]).entries()) {
            for (const [tag, source] of Object.entries(fields(at(tracing, "customTags")))) {
                const header = textAt(source, "header", "name") ?? textAt(source, "formatter", "value") ?? "";
                if (!CREDENTIALS.test(header)) continue;
                yield {
                    subject,
                    problem: `spec.tracing[${index}].customTags.${tag} adds ${header}, which contains a credential, to spans`,
                    fix: "remove the tag.",
                };
            }
        }
        const loggings = list(subject.spec["accessLogging"]);
        const sides = SIDES.map((side) => loggings.filter((logging) => isOf(logging, side)));
        for (const [index, logging] of loggings.entries()) {
            const path = `spec.accessLogging[${index}]`;
            const filter = textAt(logging, "filter", "expression");
            if (textAt(logging, "disabled") === "true") {
                yield {
                    subject,
                    problem: `${path}.disabled is true, so failed requests are not logged`,
                    fix: "remove it.",
                };
            } else if (filter !== undefined) {
                const silent = SIDES.find(
                    (side, place) =>
                        isOf(logging, side) && !sides[place]?.some((one) => keepsFailed(one, side)),
                );
                if (silent === undefined) continue;
                yield {
                    subject,
                    problem: `${path}.filter.expression is ${JSON.stringify(filter)}, and no other entry for ${silent} logs failed requests`,
                    fix: `use ${JSON.stringify(`${FAILURE_FILTER[silent]} || (…)`)}: the second operand may reduce the rest.`,
                };
            }
        }
    },
});

/** Whether an entry applies to the proxies of a side. */
function isOf(logging: unknown, side: Side): boolean {
    return ["CLIENT_AND_SERVER", side].includes(textAt(logging, "match", "mode") ?? "CLIENT_AND_SERVER");
}

/** Whether an entry logs at least failed requests. */
function keepsFailed(logging: unknown, side: Side): boolean {
    const filter = textAt(logging, "filter", "expression");
    if (textAt(logging, "disabled") === "true") return false;
    return filter === undefined || alternatives(filter).some((part) => isFailure(part, side));
}

/** Whether an expression only matches failures, so that as an operand of || it keeps all of them. */
function isFailure(expression: string, side: Side): boolean {
    const condition = expression.trim().replace(/^\(+\s*|\s*\)+$/g, "");
    // The server's proxy logs its responses; only the client's proxy logs requests that never reached the
    // server.
    if (side === "CLIENT" && /^response\.flags\s*>\s*0$/.test(condition)) return true;
    const code = /^response\.code\s*>=\s*(\d+)$/.exec(condition)?.[1];
    return code !== undefined && Number(code) <= 500;
}

/** The operands of every top-level ||. */
function alternatives(expression: string): readonly string[] {
    const parts: string[] = [];
    let part = "";
    let depth = 0;
    for (let index = 0; index < expression.length; index++) {
        const character = expression[index] ?? "";
        if (character === "(") depth++;
        if (character === ")") depth--;
        if (depth === 0 && expression.startsWith("||", index)) {
            parts.push(part);
            part = "";
            index++;
        } else {
            part += character;
        }
    }
    return [...parts, part];
}
