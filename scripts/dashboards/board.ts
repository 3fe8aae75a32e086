/** Of a dashboard as Grafana is given it, what a picture of it needs; and the answers to what its panels ask. */
import type { Series } from "../../cli/status/promtool";

export interface Board {
    readonly uid: string;
    readonly title: string;
    /** Whether one service is chosen in it. */
    readonly byService: boolean;
    readonly panels: readonly Panel[];
}

/** Where it stands, in Grafana's grid: 24 columns, counted from the left and the top. */
export interface Place {
    readonly x: number;
    readonly y: number;
    readonly w: number;
    readonly h: number;
}

export interface Panel {
    /** Grafana's name of its kind, `row` among them. */
    readonly kind: string;
    readonly title: string;
    /** As Grafana names units. */
    readonly unit: string;
    readonly place: Place;
    readonly questions: readonly Question[];
}

export interface Question {
    /** PromQL, in which `$service` may stand for a service. */
    readonly expr: string;
    /** What names a series, with its labels: `{{service}}`. */
    readonly legend: string;
    /** Asked for the end of the time alone. */
    readonly instant: boolean;
}

/** A panel, and for each of its questions what Prometheus answered. */
export type Answered = Panel & { readonly answers: readonly (readonly Series[])[] };

/** As Grafana reads a file: what is read of it here. */
interface Written {
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

/** @param json a dashboard's, as this program gives it to Grafana */
export function boardOf(json: string): Board {
    const { uid, title, templating, panels } = JSON.parse(json) as Written;
    return {
        uid,
        title,
        byService: (templating.list ?? []).some(({ name }) => name === "service"),
        panels: panels.map(({ type, title: of, gridPos, fieldConfig, targets = [] }) => ({
            kind: type,
            title: of,
            unit: fieldConfig?.defaults.unit ?? "short",
            place: gridPos,
            questions: targets.map(({ expr, legendFormat = "", instant = false }) => ({
                expr,
                legend: legendFormat,
                instant,
            })),
        })),
    };
}
