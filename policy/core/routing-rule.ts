/** One format for the routes of all routing kinds. */
import { type Subject } from "./subject";

/** A destination of requests or of mirrored requests. */
export interface Target {
    readonly path: string;
    /** Fully qualified if it is a Service. */
    readonly host: string;
}

export interface HeaderChange {
    readonly path: string;
    /** In lower case with `-` in place of `_`, since many frameworks treat both as the same header. */
    readonly name: string;
    readonly value: string;
}

export interface CorsRule {
    readonly path: string;
    readonly credentials: boolean;
    readonly origins: readonly CorsOrigin[];
}

export interface CorsOrigin {
    readonly kind: "exact" | "prefix" | "regex";
    readonly value: string;
}

export interface RoutingRule {
    readonly subject: Subject;
    readonly path: string;
    /** Hosts that the route applies to, fully qualified for Services. Empty for a delegate VirtualService. */
    readonly hosts: readonly string[];
    /** `namespace/name`, or `mesh` for sidecars. */
    readonly gateways: readonly string[];
    readonly targets: readonly Target[];
    readonly mirrors: readonly Target[];
    readonly delegate?: { readonly path: string; readonly namespace: string; readonly name: string };
    /** Request headers that are set or added. */
    readonly headers: readonly HeaderChange[];
    /** The new value of a rewritten Host header. */
    readonly authority?: Target;
    /** The host that clients are redirected to. */
    readonly redirect?: Target;
    readonly cors?: CorsRule;
}

/** Normalizes the name of a header: names are not case-sensitive, and many servers convert `_` to `-`. */
export function headerName(name: string): string {
    return name.toLowerCase().replaceAll("_", "-");
}
