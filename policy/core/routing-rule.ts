/** One route of whatever routes, in one form. */
import { type Subject } from "./subject";

/** A host that requests, or copies of them, go to. */
export interface Target {
    readonly path: string;
    /** In full where it is a Service's. */
    readonly host: string;
}

export interface HeaderChange {
    readonly path: string;
    /** In lower case, with `-` for `_`: what frameworks take for one header. */
    readonly name: string;
    readonly value: string;
}

export interface Cors {
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
    /** That it is for, in full where they are Services'. None of a VirtualService that others delegate to. */
    readonly hosts: readonly string[];
    /** `namespace/name`, and `mesh` for sidecars. */
    readonly gateways: readonly string[];
    readonly targets: readonly Target[];
    readonly mirrors: readonly Target[];
    readonly delegate?: { readonly path: string; readonly namespace: string; readonly name: string };
    /** Request headers that are set or added. */
    readonly headers: readonly HeaderChange[];
    /** What the Host header is rewritten to. */
    readonly authority?: Target;
    /** The host that clients are redirected to. */
    readonly redirect?: Target;
    readonly cors?: Cors;
}

/** A header's name as whoever reads it takes it: case does not count, and many servers make `-` of `_`. */
export function headerName(name: string): string {
    return name.toLowerCase().replaceAll("_", "-");
}
