/** The requests that intentions with HTTP permissions allow. */
import type { Request } from "../../../../catalogue/model";
import { isPath } from "../../../../catalogue/requests";
import { COMMON_METHODS } from "../../draft";
import type { Context } from "../context";
import { listAt, mostFrequent, textAt, textsAt } from "../data";

/** A method, with the name of its service in full. */
export interface GrpcMethod {
    readonly service: string;
    readonly method: string;
}

/** What becomes of one permission of an intention. */
export interface Permission {
    readonly path: string;
    readonly requests: readonly Request[];
    /** A gRPC method, if its path has this form. */
    readonly method: GrpcMethod | undefined;
    readonly outcome: "translated" | "difference" | "by-hand" | "not-needed";
    readonly detail: string;
}

/** `/sparc.auth.v1.Auth/Login` */
const GRPC_PATH = /^\/([a-z_]\w*(?:\.[a-z_]\w*)*\.[A-Z]\w*)\/([A-Za-z]\w*)$/;

/**
 * The permissions of `Sources[index]`, in their order: Consul applies the first that matches. The catalogue has no deny
 * rules, so a permission after a deny rule that could match the same requests is not in the draft: it would allow them.
 *
 * @param isGrpc whether the destination serves gRPC, where paths are methods
 */
export function permissionsOf(source: unknown, index: number, isGrpc: boolean): Permission[] {
    const denied: { readonly prefix: string; readonly methods: readonly string[] }[] = [];
    return listAt(source, "Permissions").map((permission, position): Permission => {
        const path = `Sources[${index}].Permissions[${position}]`;
        const http = (permission as Readonly<Record<string, unknown>>)["HTTP"];
        const exact = textAt(http, "PathExact");
        const prefix = textAt(http, "PathPrefix");
        const regex = textAt(http, "PathRegex");
        const literal = exact === "" ? prefix : exact;
        const methods = textsAt(http, "Methods");
        const none = { path, requests: [], method: undefined };
        if (textAt(permission, "Action") === "deny") {
            denied.push({ prefix: literal === "" ? "/" : literal, methods: regex === "" ? methods : [] });
            return {
                ...none,
                outcome: "not-needed",
                detail: "The mesh denies what no call lists. Permissions after it that could match the same requests are not in the draft.",
            };
        }
        const byHand = (detail: string): Permission => ({ ...none, outcome: "by-hand", detail });
        if (regex !== "")
            return byHand(
                `The catalogue has no regular expressions: list the requests that ${regex} matches.`,
            );
        if (
            listAt(http, "Header").length > 0 ||
            (permission as Readonly<Record<string, unknown>>)["JWT"] !== undefined
        )
            return byHand(
                "The catalogue allows requests by method and path only, and the draft without the condition would allow more. Move the condition to the service, or to an exposure with a token.",
            );
        if (denied.some((one) => mayOverlap(one, { prefix: literal === "" ? "/" : literal, methods })))
            return byHand(
                "A deny rule before it could match the same requests. List the requests that are allowed.",
            );
        if (isGrpc) {
            const [, service, method] = GRPC_PATH.exec(exact) ?? [];
            if (service === undefined || method === undefined)
                return byHand("List the gRPC methods that it allows: the path is not one of a method.");
            if (methods.length > 0 && !methods.includes("POST"))
                return byHand(
                    "It allows no gRPC method: gRPC requests have the HTTP method POST. Remove it, or add the method to the call.",
                );
            return { ...none, method: { service, method }, outcome: "translated", detail: "" };
        }
        const pattern = exact === "" ? withRest(prefix) : exact;
        if (!isPath(pattern)) return byHand(`${pattern} is no canonical path: list the requests.`);
        const verbs = methods.length > 0 ? methods : COMMON_METHODS;
        const unknown = verbs.filter((verb) => verb !== "HEAD" && !COMMON_METHODS.includes(verb));
        if (unknown.length > 0)
            return byHand(`Add the requests with ${unknown.join(", ")}, if the catalogue has these methods.`);
        const requests = verbs.map((verb) => `${verb} ${pattern}` as Request);
        const wholeSegment = prefix === "" || prefix.endsWith("/");
        const differences = [
            ...(wholeSegment
                ? []
                : [
                      `The draft allows paths below ${prefix}/ only: Consul's prefix matches ${prefix} itself and ${prefix}x, too.`,
                  ]),
            ...(methods.length > 0
                ? []
                : [`The draft allows ${COMMON_METHODS.join(", ")}: Consul allows every method.`]),
            ...(verbs.includes("GET") && !verbs.includes("HEAD") && methods.length > 0
                ? ["GET includes HEAD in the mesh."]
                : []),
        ];
        return {
            path,
            requests,
            method: undefined,
            outcome: differences.length > 0 ? "difference" : "translated",
            detail: differences.join(" "),
        };
    });
}

/** `/v1/` and `/v1` → `/v1/{**}` */
function withRest(prefix: string): string {
    return `${prefix.replace(/\/$/, "")}/{**}`;
}

interface Match {
    readonly prefix: string;
    /** Empty: every method. */
    readonly methods: readonly string[];
}

function mayOverlap(a: Match, b: Match): boolean {
    const share =
        a.methods.length === 0 || b.methods.length === 0 || a.methods.some((one) => b.methods.includes(one));
    return share && (a.prefix.startsWith(b.prefix) || b.prefix.startsWith(a.prefix));
}

/**
 * The gRPC service and methods of a port: all that permissions to call it name. Of several services, the port's is the
 * one that most permissions name. Health checks and reflection (`grpc.*`) are the port's only if there is no other.
 */
export function grpcOffer(
    context: Context,
    service: string,
): { service: string; methods: string[] } | undefined {
    const entry = context.get("service-intentions", service)?.object.data;
    const all = listAt(entry, "Sources")
        .flatMap((source, index) => permissionsOf(source, index, true))
        .flatMap(({ method }) => method ?? []);
    const ofPlatform = all.filter((one) => !one.service.startsWith("grpc."));
    const main = mostFrequent((ofPlatform.length > 0 ? ofPlatform : all).map((one) => one.service));
    if (main === undefined) return undefined;
    return { service: main, methods: [...new Set(all.map((one) => methodName(one, main)))].sort() };
}

/** `Login`, or `grpc.health.v1.Health/Check` if the service is not the port's. */
export function methodName({ service, method }: GrpcMethod, portService: string): string {
    return service === portService ? method : `${service}/${method}`;
}
