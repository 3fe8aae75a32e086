/** The data of `mesh inventory`: what was read from a service registry, and what becomes of each part of it. */

/** What becomes of a part of an object. */
export const OUTCOMES = ["translated", "difference", "by-hand", "not-needed"] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** Outcomes in the words of reports. */
export const OUTCOME_TITLES: Readonly<Record<Outcome, string>> = {
    translated: "Translated",
    difference: "Translated with a difference",
    "by-hand": "By hand",
    "not-needed": "Not needed",
};

/** One object, as the registry returns it. */
export interface ReadObject {
    /** `service-defaults`, `instance`, `kv`, … */
    readonly kind: string;
    readonly datacenter: string;
    /** Unique among the objects of its kind and datacenter. */
    readonly name: string;
    readonly data: Readonly<Record<string, unknown>>;
}

/** What becomes of some fields of an object. The fields of all items are all fields that were read, each once. */
export interface Item {
    readonly kind: string;
    readonly datacenter: string;
    readonly object: string;
    /** Paths of the fields that have a value: `Routes[0].Match.HTTP.PathPrefix`. */
    readonly fields: readonly string[];
    readonly outcome: Outcome;
    /** Where it is in the draft, what differs, what to do, or why nothing is needed. */
    readonly detail: string;
}

/** Something that could not be read, so that the report is incomplete. */
export interface Unread {
    readonly datacenter: string;
    /** `prepared queries`, `config entries of the kind service-router`, … */
    readonly what: string;
    readonly reason: string;
}

/** A value that the catalogue requires and the registry does not have. */
export interface Assumption {
    /** `services.*.tier` */
    readonly where: string;
    readonly value: string;
    readonly detail: string;
}

/** A difference between a given catalogue and the registry. */
export interface Difference {
    readonly kind: "missing" | "unused" | "different";
    /** `services.users`, `services.web.calls → users` */
    readonly where: string;
    readonly detail: string;
}

export interface InventoryReport {
    /** The registry's address. */
    readonly source: string;
    /** The datacenters that were read; the draft describes the first one. */
    readonly datacenters: readonly string[];
    readonly objects: number;
    readonly fields: number;
    readonly isComplete: boolean;
    readonly unread: readonly Unread[];
    readonly notes: readonly string[];
    readonly items: readonly Item[];
    readonly assumptions: readonly Assumption[];
    /** Against the given catalogue. Absent without one. */
    readonly differences?: readonly Difference[];
}
