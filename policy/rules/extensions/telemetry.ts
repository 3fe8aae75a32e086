import { EXCEPTIONS_SCHEMA, isExcepted, NO_EXCEPTIONS, type WithExceptions } from "../../core/exceptions";
import { at, fields, list, textAt } from "../../core/read";
import { objectRule } from "../../core/rule";

/** Metrics by which an outage or an attack is noticed. */
const NEEDED: ReadonlySet<string> = new Set([
    "ALL_METRICS",
    "REQUEST_COUNT",
    "REQUEST_DURATION",
    "TCP_CLOSED_CONNECTIONS",
]);

/** Headers that hold what a client proves itself with. */
const CREDENTIALS = /(^|[^a-z-])((proxy-)?authorization|(set-)?cookie|x-api-key)($|[^a-z-])/i;

/** Who logs a request: its caller's proxy, and its callee's. */
const SIDES = ["CLIENT", "SERVER"] as const;

type Side = (typeof SIDES)[number];

/** What keeps a side's failures. */
const KEPT: Readonly<Record<Side, string>> = { CLIENT: "response.flags > 0", SERVER: "response.code >= 400" };

export const telemetry = objectRule<WithExceptions>({
    name: "extensions-telemetry",
    area: "extensions",
    title: "No Telemetry turns off metrics or the log of requests that failed, or sends credentials away",
    severity: "medium",
    why: "what is not counted raises no alert, and what is not logged cannot be looked into afterwards",
    remedy: "Remove `disabled`; where the log is thinned out, keep errors: response.code >= 400 as one side of an ||.",
    judges: ["telemetry.istio.io/Telemetry"],
    defaults: NO_EXCEPTIONS,
    schema: { exceptions: EXCEPTIONS_SCHEMA },
    examples: {
        refused: `
apiVersion: telemetry.istio.io/v1alpha1
kind: Telemetry
metadata: { name: quiet, namespace: shop }
spec: { accessLogging: [{ filter: { expression: "response.code < 500" } }] }
`,
        accepted: `
apiVersion: telemetry.istio.io/v1
kind: Telemetry
metadata: { name: errors, namespace: shop }
spec: { accessLogging: [{ filter: { expression: "response.code >= 400 || connection.mtls == false" } }] }
`,
    },
    *judge(subject, config) {
        if (isExcepted(config, subject)) return;
        for (const [index, metrics] of list(subject.spec["metrics"]).entries()) {
            for (const [place, override] of list(at(metrics, "overrides")).entries()) {
                const metric = textAt(override, "match", "metric") ?? "ALL_METRICS";
                if (textAt(override, "disabled") !== "true" || !NEEDED.has(metric)) continue;
                yield {
                    subject,
                    wrong: `spec.metrics[${index}].overrides[${place}] turns off ${textAt(override, "match", "customMetric") ?? metric}`,
                    fix: "remove `disabled`; to save cardinality remove tags instead (tagOverrides).",
                };
            }
        }
        for (const [index, tracing] of list(subject.spec["tracing"]).entries()) {
            for (const [tag, source] of Object.entries(fields(at(tracing, "customTags")))) {
                const header = textAt(source, "header", "name") ?? textAt(source, "formatter", "value") ?? "";
                if (!CREDENTIALS.test(header)) continue;
                yield {
                    subject,
                    wrong: `spec.tracing[${index}].customTags.${tag} sends ${header} to the receiver of spans, which holds a credential`,
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
                    wrong: `${path}.disabled is true, so failed requests leave no trace`,
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
                    wrong: `${path}.filter.expression is ${JSON.stringify(filter)}, and no other entry of ${silent} keeps requests that failed`,
                    fix: `write ${JSON.stringify(`${KEPT[silent]} || (…)`)}: what follows may thin out the rest.`,
                };
            }
        }
    },
});

/** Whether an entry logs what a side's proxies see. */
function isOf(logging: unknown, side: Side): boolean {
    return ["CLIENT_AND_SERVER", side].includes(textAt(logging, "match", "mode") ?? "CLIENT_AND_SERVER");
}

/** Whether an entry logs at least what failed. */
function keepsFailed(logging: unknown, side: Side): boolean {
    const filter = textAt(logging, "filter", "expression");
    if (textAt(logging, "disabled") === "true") return false;
    return filter === undefined || alternatives(filter).some((part) => isFailure(part, side));
}

/** Whether it asks for failures alone, so that as an alternative it keeps all of them. */
function isFailure(expression: string, side: Side): boolean {
    const condition = expression.trim().replace(/^\(+\s*|\s*\)+$/g, "");
    // What the callee answered, the callee logs; the caller alone knows what never came there.
    if (side === "CLIENT" && /^response\.flags\s*>\s*0$/.test(condition)) return true;
    const code = /^response\.code\s*>=\s*(\d+)$/.exec(condition)?.[1];
    return code !== undefined && Number(code) <= 500;
}

/** The sides of every || that stands in no parentheses. */
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
