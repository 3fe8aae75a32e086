/** Dashboards: the queries of each panel and how they are shown. `grafana.ts` converts them to Grafana's format. */

export interface Panel {
    readonly title: string;
    /** What the panel shows, for first-time readers. */
    readonly about?: string;
    readonly shows: "lines" | "number" | "bars" | "table";
    /** Grafana's name of the unit: `reqps`, `percentunit`, `ms`, `s`, `bytes`. */
    readonly unit: string;
    readonly queries: readonly Query[];
}

export interface Query {
    /** PromQL, in which `$service` stands for the selected service, and `$window` for five minutes. */
    readonly expr: string;
    /** The template of a series' name: `{{service}}`. */
    readonly legend: string;
}

export interface Board {
    /** Part of the dashboard's URL. It must never change. */
    readonly uid: string;
    readonly title: string;
    /** Whether it has a selector for one service. @default false */
    readonly byService?: boolean;
    readonly rows: readonly { readonly title: string; readonly panels: readonly Panel[] }[];
}

export function lines(title: string, unit: string, ...queries: readonly Query[]): Panel {
    return { title, shows: "lines", unit, queries };
}

export function number(title: string, unit: string, expr: string): Panel {
    return { title, shows: "number", unit, queries: [{ expr, legend: "" }] };
}

export function bars(title: string, unit: string, expr: string, legend: string): Panel {
    return { title, shows: "bars", unit, queries: [{ expr, legend }] };
}

export function table(title: string, unit: string, expr: string): Panel {
    return { title, shows: "table", unit, queries: [{ expr, legend: "" }] };
}

export function query(expr: string, legend: string): Query {
    return { expr, legend };
}
