import { instance } from "@viz-js/viz";
import type { Catalogue } from "../../catalogue/model";
import { toDot } from "./dot";

/** The call graph as SVG, laid out by Graphviz. Deterministic: the same catalogue yields the same bytes. */
export async function toSvg(catalogue: Catalogue): Promise<string> {
    const viz = await instance();
    return viz.renderString(toDot(catalogue), { format: "svg" });
}
