/** Edits a stack's file for an upgrade step; everything else in the file stays as it is. */
import { parseDocument } from "yaml";
import { PROJECT } from "../../config/load";
import { explicitVersions, type IstioState } from "./plan";

/** The keys below `sparc-mesh:istio` that describe a state; undefined for a key that the file must not have. */
export function stateKeys(state: IstioState): Readonly<Record<string, unknown>> {
    const versions = explicitVersions(state);
    return {
        revisions: state.revisions,
        stable: state.revisions.length > 1 ? state.stable : undefined,
        componentVersions: Object.keys(versions).length > 0 ? versions : undefined,
    };
}

/** @returns the text of the stack's file with this state of Istio */
export function withIstio(text: string, state: IstioState): string {
    const document = parseDocument(text);
    for (const [key, value] of Object.entries(stateKeys(state))) {
        const path = ["config", `${PROJECT}:istio`, key];
        if (value === undefined) document.deleteIn(path);
        else document.setIn(path, document.createNode(value, { flow: true }));
    }
    return document.toString({ lineWidth: 0 });
}
