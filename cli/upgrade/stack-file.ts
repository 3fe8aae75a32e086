/** A stack's file as an upgrade leaves it, with everything else in it as it was. */
import { parseDocument } from "yaml";
import { PROJECT } from "../../config/load";
import type { Istios } from "./plan";

/** @returns the text of a stack's file with other istiods */
export function withIstios(text: string, { revisions, stable }: Istios): string {
    const document = parseDocument(text);
    const place = ["config", `${PROJECT}:istio`];
    document.setIn([...place, "revisions"], document.createNode(revisions));
    document.setIn([...place, "stable"], stable);
    return document.toString({ lineWidth: 0 });
}
