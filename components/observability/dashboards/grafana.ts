/**
 * Converts dashboards to Grafana's classic format with its SDK, because the chart's Grafana reads dashboards from
 * files.
 */
/* eslint-disable @typescript-eslint/no-deprecated */
import { PanelBuilder as BarGauge } from "@grafana/grafana-foundation-sdk/bargauge";
import {
    type Dashboard,
    DashboardBuilder,
    QueryVariableBuilder,
    RowBuilder,
} from "@grafana/grafana-foundation-sdk/dashboard";
import { DataqueryBuilder } from "@grafana/grafana-foundation-sdk/prometheus";
import { PanelBuilder as Stat } from "@grafana/grafana-foundation-sdk/stat";
import { PanelBuilder as Table } from "@grafana/grafana-foundation-sdk/table";
import { PanelBuilder as TimeSeries } from "@grafana/grafana-foundation-sdk/timeseries";
import type { Board, Panel } from "./model";
import { WINDOW } from "./queries";

/** The UID of kube-prometheus-stack's data source. */
const SOURCE = { type: "prometheus", uid: "prometheus" } as const;

/** Grafana's rows have 24 columns. */
const WIDTH = { lines: 12, number: 6, bars: 12, table: 24 } as const;
const HEIGHT = { lines: 8, number: 4, bars: 8, table: 9 } as const;

export function grafana({ uid, title, byService, rows }: Board): Dashboard {
    const board = new DashboardBuilder(title)
        .uid(uid)
        .tags(["sparc", "mesh"])
        .refresh("30s")
        .time({ from: "now-1h", to: "now" });
    if (byService === true) {
        board.withVariable(
            new QueryVariableBuilder("service")
                .label("Service")
                .query("label_values(service:requests:rate5m, service)")
                .datasource(SOURCE),
        );
    }
    for (const row of rows) {
        board.withRow(new RowBuilder(row.title));
        for (const panel of row.panels) board.withPanel(built(panel));
    }
    return board.build();
}

function built({ title, about, shows, unit, queries }: Panel) {
    const panel = blank(shows)
        .title(title)
        .unit(unit)
        .datasource(SOURCE)
        .span(WIDTH[shows])
        .height(HEIGHT[shows]);
    if (about !== undefined) panel.description(about);
    for (const [index, { expr, legend }] of queries.entries()) {
        const dataQuery = new DataqueryBuilder()
            .refId(String.fromCharCode(65 + index))
            .expr(expr.replaceAll("$window", WINDOW))
            .legendFormat(legend);
        // A range query would show the largest values of every moment, terminated pods included.
        if (shows === "bars" || shows === "table") dataQuery.instant();
        if (shows === "table") dataQuery.format("table" as never);
        panel.withTarget(dataQuery);
    }
    return panel;
}

function blank(shows: Panel["shows"]): TimeSeries | Stat | BarGauge | Table {
    switch (shows) {
        case "lines":
            return new TimeSeries();
        case "number":
            return new Stat();
        case "bars":
            return new BarGauge();
        case "table":
            return new Table();
    }
}
