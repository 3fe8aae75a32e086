/** Flagger: its programs, its API, and the phases of a rollout. */
import { getOwn } from "../../../catalogue/order";
import { NAMESPACES } from "../../base/names";

export const FLAGGER = { name: "flagger", metrics: 8080 } as const;

/**
 * The two instances of Flagger's load tester: one for manual gates, one for synthetic load. `container` is the
 * chart's. They are separate because anything that can run commands next to a gate can open it.
 */
export const GATES = { name: "gates", port: 80, targetPort: 8080, container: "loadtester" } as const;
export const LOAD_TESTER = { ...GATES, name: "loadtester" } as const;

/** The paths of a gate of the load tester, and of its second gate, which rolls a version back while it is open. */
export const GATE_PATHS = {
    gate: { check: "/gate/check", open: "/gate/open", close: "/gate/close" },
    rollback: { check: "/rollback/check", open: "/rollback/open", close: "/rollback/close" },
} as const;

/** The URL at which Flagger calls one of the two. */
export function deliveryUrl({ name, port }: typeof GATES | typeof LOAD_TESTER): string {
    return `http://${name}.${NAMESPACES.delivery}:${port}`;
}

export const FLAGGER_API = { group: "flagger.app", version: "v1beta1" } as const;
export const CANARY = {
    apiVersion: `${FLAGGER_API.group}/${FLAGGER_API.version}`,
    kind: "Canary",
    plural: "canaries",
} as const;

/** The fields of a Canary's status that are read. */
export interface CanaryStatus {
    readonly phase?: string;
    /** The percentage of requests that the new version receives. */
    readonly canaryWeight?: number;
    readonly conditions?: readonly { readonly type?: string; readonly message?: string }[];
}

/** The phase of a Canary whose primary does not exist yet. */
export const INITIALIZING = "Initializing";

/** What a rollout waits for at a manual gate, or can still be stopped before. */
export type GatedStage = "rollout" | "promotion";

const STAGES: Readonly<Record<string, GatedStage | "progressing">> = {
    Waiting: "rollout",
    WaitingPromotion: "promotion",
    Progressing: "progressing",
};

/** The gate at which a rollout waits, by Flagger's phase; `progressing` if it runs, undefined if there is none. */
export function gatedStage({ phase = "" }: CanaryStatus): GatedStage | "progressing" | undefined {
    return getOwn(STAGES, phase);
}

/** The latest message about a rollout. */
export function messageOf({ conditions = [] }: CanaryStatus): string | undefined {
    return conditions.find(({ type }) => type === "Promoted")?.message;
}
