import { getOwn } from "../../../catalogue/order";

/** New names of sources by old name. */
const RENAMED_SOURCES: Readonly<Record<string, string>> = {
    stranger: "unknown-workload",
    unmeshed: "outside-mesh",
};

/** The new name of a source; undefined if `name` is not an old one. */
export function renamedSource(name: string): string | undefined {
    return getOwn(RENAMED_SOURCES, name);
}
