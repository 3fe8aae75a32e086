import { instance } from "@viz-js/viz";
import type { Catalogue } from "../../catalogue/model";
import { toDot } from "./dot";
import { graphOf } from "./model";
import { type View, wholeGraph } from "./view";

/** The call graph as SVG. Deterministic: the same catalogue yields the same bytes. */
export async function toSvg(catalogue: Catalogue): Promise<string> {
    return layOut(wholeGraph(graphOf(catalogue)));
}

/** A view as SVG, laid out by Graphviz. */
export async function layOut(view: View): Promise<string> {
    const viz = await instance();
    return viz.renderString(toDot(view), { format: "svg" });
}
