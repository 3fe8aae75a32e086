/** The parts of a Grafana dashboard that a picture needs, and the results of its queries. */
import type { Series } from "../../cli/status/promtool";

export interface Board {
    readonly uid: string;
    readonly title: string;
    /** Whether it has a service variable. */
    readonly byService: boolean;
    readonly panels: readonly Panel[];
}

/** A position in Grafana's grid: 24 columns, from the top left. */
export interface Place {
    readonly x: number;
    readonly y: number;
    readonly w: number;
    readonly h: number;
}

export interface Panel {
    /** Grafana's panel type, or `row`. */
    readonly kind: string;
    readonly title: string;
    /** Grafana's name of the unit. */
    readonly unit: string;
    readonly place: Place;
    readonly queries: readonly PanelQuery[];
}

export interface PanelQuery {
    /** PromQL, with the optional variable `$service`. */
    readonly expr: string;
    /** The legend of a series, with labels: `{{service}}`. */
    readonly legend: string;
    /** Whether it is evaluated at the end of the time range only. */
    readonly instant: boolean;
}

/** A panel with the results of each of its queries. */
export type PanelData = Panel & { readonly results: readonly (readonly Series[])[] };

/** The used fields of Grafana's dashboard JSON. */
interface DashboardJson {
    readonly uid: string;
    readonly title: string;
    readonly templating: { readonly list?: readonly { readonly name: string }[] };
    readonly panels: readonly {
        readonly type: string;
        readonly title: string;
        readonly gridPos: Place;
        readonly fieldConfig?: { readonly defaults: { readonly unit?: string } };
        readonly targets?: readonly {
            readonly expr: string;
            readonly legendFormat?: string;
            readonly instant?: boolean;
        }[];
    }[];
}

/** @param json a dashboard's JSON, as in its ConfigMap */
export function boardOf(json: string): Board {
    const { uid, title, templating, panels } = JSON.parse(json) as DashboardJson;
    return {
        uid,
        title,
        byService: (templating.list ?? []).some(({ name }) => name === "service"),
        panels: panels.map(({ type, title: of, gridPos, fieldConfig, targets = [] }) => ({
            kind: type,
            title: of,
            unit: fieldConfig?.defaults.unit ?? "short",
            place: gridPos,
            queries: targets.map(({ expr, legendFormat = "", instant = false }) => ({
                expr,
                legend: legendFormat,
                instant,
            })),
        })),
    };
}
