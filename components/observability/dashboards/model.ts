/** Dashboards as this program has them: what is asked, and as what it is shown. Grafana's own format is made of that. */

export interface Panel {
    readonly title: string;
    /** What to see in it, for whoever looks at it the first time. */
    readonly about?: string;
    readonly shows: "lines" | "number" | "bars" | "table";
    /** As Grafana names units: `reqps`, `percentunit`, `ms`, `s`, `bytes`. */
    readonly unit: string;
    readonly queries: readonly Query[];
}

export interface Query {
    /** PromQL, in which `$service` stands for the service that was chosen, and `$window` for five minutes. */
    readonly expr: string;
    /** What names a series, with its labels: `{{service}}`. */
    readonly legend: string;
}

export interface Board {
    /** Part of its address, for ever. */
    readonly uid: string;
    readonly title: string;
    /** Whether one service is chosen in it. @default false */
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
