/** Configurations of stacks that exist only in tests. */
import { parseConfig } from "../../config/load";
import type { MeshConfig } from "../../config/schema";

type Entries = Readonly<Record<string, unknown>>;

/** The revisions of a test's stack, which every stack must list. */
export const REVISIONS = [{ name: "1-31-1", version: "1.31.1" }] as const;

/** The configuration with these entries, and a revision of Istio unless they have one. */
export function testConfig(entries: Entries): MeshConfig {
    return parseConfig("test", withRevision(entries));
}

export function withRevision(entries: Entries): Entries {
    return { ...entries, istio: { revisions: REVISIONS, ...(entries["istio"] as Entries | undefined) } };
}
