/** Edits a stack's file for an upgrade step; everything else in the file stays as it is. */
import { parseDocument } from "yaml";
import { PROJECT } from "../../config/load";
import type { IstioRevisions } from "./plan";

/** @returns the text of the stack's file with these revisions */
export function withRevisions(text: string, { revisions, stable }: IstioRevisions): string {
    const document = parseDocument(text);
    const place = ["config", `${PROJECT}:istio`];
    document.setIn([...place, "revisions"], document.createNode(revisions));
    document.setIn([...place, "stable"], stable);
    return document.toString({ lineWidth: 0 });
}
