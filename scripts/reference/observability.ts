/** The reference pages of alerts, metrics and dashboards, from the rules and boards that the program deploys. */
import { loadCatalogue } from "../../catalogue/load";
import { boards } from "../../components/observability/dashboards/boards";
import type { Board, Panel } from "../../components/observability/dashboards/model";
import type { Alert, Recording } from "../../components/observability/rules/model";
import { ruleGroups } from "../../components/observability/rules/rules";
import { proxyStats } from "../../components/control-plane/proxy-stats";
import { code, row } from "./json-schema";

const GENERATED =
    "<!-- Generated from components/observability by `npm run generate:observability-reference`. -->";

/** What each dashboard is for, by its uid. A board without an entry is an error. */
const PURPOSES: Readonly<Record<string, string>> = {
    "sparc-mesh": "Is the mesh healthy, and if not, which service is the cause?",
    "sparc-service":
        "Why is one service slow or failing? Select the service at the top. It shows its callers, operations, response codes, latency, Envoy's response flags, versions, circuit breakers, retries and sidecars.",
    "sparc-security":
        "Which share of the requests uses mTLS, which requests are denied, which unknown hosts are called, and how long are certificates valid?",
    "sparc-flow": "Which services call each other, and what enters and leaves the mesh?",
    "sparc-cost": "What do sidecars, gateways and istiod use, and how many series do they produce?",
    "sparc-delivery":
        "Which rollouts are in progress, and how does the new version compare with the primary? Only where the stack has [progressive delivery](progressive-delivery.md).",
};

/** The text of `docs/reference/alerts.md`. */
export function alertsPage(): string {
    const byName = grouped(rules().filter(isAlert), ({ alert }) => alert);
    const names = [...byName].sort(([a], [b]) => (a < b ? -1 : 1));
    return [
        "# Alerts",
        "",
        GENERATED,
        "",
        "Severity `page` needs a reaction now, `ticket` on the next working day. The runbook says what to look at and what to do; [Read an alert](../tasks/read-an-alert.md) shows the way from the alert to it.",
        "",
        row("alert", "severity", "fires after", "runbook"),
        row("---", "---", "---", "---"),
        ...names.map(([name, alerts]) =>
            row(
                `[${name}](#${name.toLowerCase()})`,
                distinct(alerts.map(({ labels }) => labels.severity)),
                distinct(alerts.map((alert) => alert.for ?? "at once")),
                runbookLink(alerts[0]),
            ),
        ),
        ...names.flatMap(([name, alerts]) => [
            "",
            `## ${name}`,
            "",
            `See the ${runbookLink(alerts[0])}.`,
            ...alerts.flatMap((alert) => [
                "",
                `**${readable(alert.annotations.summary)}** (${alert.labels.severity})`,
                "",
                "```text",
                alert.expr,
                "```",
            ]),
        ]),
        "",
    ].join("\n");
}

/** The text of `docs/reference/metrics.md`. */
export function metricsPage(): string {
    return [
        "# Metrics",
        "",
        GENERATED,
        "",
        "Proxies export [Istio's standard metrics](https://istio.io/latest/docs/reference/config/metrics/), without sizes and message counts, and with these additional labels on `istio_requests_total`. " +
            "Each label has a fixed set of values, so clients cannot create series ([ADR 22](../adr/0022-telemetry.md)).",
        "",
        row("label", "values"),
        row("---", "---"),
        row(
            "`tenant`",
            "a tenant of the stack's `telemetry.tenants`; `other`; `none` for a request without one",
        ),
        row("`method_class`", "`read` (GET, HEAD, OPTIONS), `write`, `rpc` (gRPC)"),
        row("`path_class`", "the first two literal segments of a path that the service offers; `other`"),
        row(
            "`probe`",
            "`true` for requests of `mesh verify`; objectives, alerts and rollout analysis exclude them",
        ),
        "",
        "Services export [business metrics](progressive-delivery.md#metrics-that-a-service-must-export) themselves.",
        "",
        "## Recording rules",
        "",
        'Failures are counted as callers see them (`reporter="source"`).',
        "",
        row("metric", "expression"),
        row("---", "---"),
        ...rules()
            .filter((rule): rule is Recording => !isAlert(rule))
            .map(({ record, expr }) => row(code(record), code(expr))),
        "",
        "## Envoy statistics",
        "",
        "Of Envoy's statistics, proxies keep those that an alert or a panel reads, by these patterns:",
        "",
        ...proxyStats({ stockEnvoy: false }).inclusionRegexps.map((pattern) => `- ${code(pattern)}`),
        "",
    ].join("\n");
}

/** The text of `docs/reference/dashboards.md`. */
export function dashboardsPage(): string {
    const all = boards({ delivery: { enabled: true } as Parameters<typeof boards>[0]["delivery"] });
    return [
        "# Dashboards",
        "",
        GENERATED,
        "",
        `The program has ${all.length} dashboards. dev and prod deploy them as ConfigMaps for Grafana. To open them:`,
        "",
        "```sh",
        "kubectl -n monitoring port-forward svc/grafana 3000:80   # http://127.0.0.1:3000",
        "```",
        "",
        "User and password are in the Secret `monitoring/grafana-admin-sparc-mesh`, which the program creates ([Grafana's password](../get-started/aws.md#grafanas-password)). Live tests (`test/live/dashboards.test.ts`) run every query on the local cluster under traffic.",
        "",
        "**The pictures are not screenshots of Grafana.** A script drew them from the dashboards (rows, panels, places, queries, units) and from the responses of the local cluster's Prometheus. " +
            "Grafana looks different and shows more: a picture has the eight largest series of a panel, and as many bars and table rows as fit.",
        ...all.flatMap(board),
        "",
        "## Import into another Grafana",
        "",
        "`mesh render` writes the dashboards without a cluster; each ConfigMap holds one as JSON:",
        "",
        "```sh",
        "npx mesh render --stack prod --out rendered",
        `for board in ${all.map(({ uid }) => uid).join(" ")}; do`,
        `  node -p 'Object.values(require("yaml").parse(require("fs").readFileSync(process.argv[1], "utf8")).data)[0]' \\`,
        `    "rendered/monitoring/ConfigMap/dashboard-$board.yaml" > "$board.json"`,
        "done",
        "```",
        "",
        "Import the files (Dashboards, New, Import). They query the data source with the uid `prometheus`, which kube-prometheus-stack creates: give a Prometheus that has the mesh's series and rules this uid, or replace it in the files. " +
            'A Grafana whose sidecar loads ConfigMaps with the label `grafana_dashboard: "1"` accepts the rendered ones unchanged.',
        "",
        "## Draw the pictures again",
        "",
        "With the local cluster running and some requests in the last minutes (`make up`, `make verify`):",
        "",
        "```sh",
        "npm run generate:dashboards                                  # all, over the last hour",
        "npm run generate:dashboards -- --minutes 20 --service auth   # over the last 20 minutes; the service dashboard shows auth",
        "npm run generate:dashboards -- sparc-delivery                # one dashboard",
        "```",
        "",
        "It only reads from Prometheus, writes `docs/images/dashboards/<uid>.svg`, and lists the panels without data. Rollouts have data only where the local cluster has rollouts " +
            "(`sparc-mesh:delivery: { enabled: true }` in `Pulumi.local.yaml`).",
        "",
    ].join("\n");
}

function board({ uid, title, rows }: Board): string[] {
    const purpose = PURPOSES[uid];
    if (purpose === undefined)
        throw new Error(`scripts/reference/observability.ts: PURPOSES has no entry for ${uid}`);
    const heading = title.replace(/^Mesh: /, "");
    return [
        "",
        `## ${heading.charAt(0).toUpperCase()}${heading.slice(1)}`,
        "",
        `\`${uid}\`. ${purpose}`,
        "",
        `![The dashboard "${title}"](../images/dashboards/${uid}.svg)`,
        "",
        row("row", "panels"),
        row("---", "---"),
        ...rows.map(({ title: name, panels }) => row(name, panels.map(panelText).join("; "))),
    ];
}

function panelText({ title, about }: Panel): string {
    return about === undefined ? title : `${title} (${about})`;
}

function rules(): readonly (Alert | Recording)[] {
    return ruleGroups(loadCatalogue()).flatMap(({ rules: inside }) => inside);
}

function isAlert(rule: Alert | Recording): rule is Alert {
    return "alert" in rule;
}

/** The runbook that the annotation names, as a link from docs/reference. */
function runbookLink(alert: Alert | undefined): string {
    const page = alert?.annotations.runbook.replace(/^docs\//, "") ?? "";
    return `[runbook](../${page})`;
}

/** A summary without Prometheus' template syntax, which the site's renderer would evaluate. */
function readable(summary: string): string {
    return summary.replaceAll(/\{\{\s*\$(?:labels\.)?(\w+)[^}]*\}\}/g, "&lt;$1>");
}

function distinct(values: readonly string[]): string {
    return [...new Set(values)].join(", ");
}

function grouped<T>(items: readonly T[], key: (item: T) => string): Map<string, T[]> {
    const groups = new Map<string, T[]>();
    for (const item of items) groups.set(key(item), [...(groups.get(key(item)) ?? []), item]);
    return groups;
}
