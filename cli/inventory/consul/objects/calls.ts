/** The calls of the draft: what sidecar upstreams and intentions state, as far as Consul allows it. */
import { COMMON_METHODS, differ, type DraftCall } from "../../draft";
import type { MutableItem, ObjectFields } from "../../fields";
import { catalogueName, type Context } from "../context";
import { listAt, textAt } from "../data";
import { callsTo } from "./call-operations";
import { Decisions, describeEntry, describeIntention, type Intention, intentionsOf } from "./intentions";
import { type RoutedCall, translateRouter } from "./router";

const COMMON_ONLY = `The draft allows ${COMMON_METHODS.join(", ")}: Consul allows every method.`;
const LISTED_ONLY =
    "The draft allows the methods that permissions of other callers list: Consul allows every method.";

/** `services.web.calls → users` */
export function callName(caller: string, callee: string): string {
    return `services.${caller}.calls → ${callee}`;
}

/** A dependency that a sidecar declares. */
export interface Upstream {
    readonly proxy: ObjectFields;
    readonly path: string;
    readonly source: string;
    readonly destination: string;
    readonly isLocal: boolean;
}

/** The upstreams of all sidecars of the primary datacenter. */
export function upstreamsOf(context: Context): Upstream[] {
    return context.of("instance").flatMap((proxy) => {
        const { data } = proxy.object;
        const source = textAt(data, "Proxy", "DestinationServiceName");
        if (textAt(data, "Kind") !== "connect-proxy" || source === "") return [];
        return listAt(data, "Proxy", "Upstreams").map((upstream, index): Upstream => {
            const datacenter = textAt(upstream, "Datacenter");
            const type = textAt(upstream, "DestinationType");
            return {
                proxy,
                path: `Proxy.Upstreams[${index}]`,
                source,
                destination: textAt(upstream, "DestinationName"),
                isLocal:
                    (datacenter === "" || datacenter === context.primary) &&
                    textAt(upstream, "DestinationPeer") === "" &&
                    (type === "" || type === "service"),
            };
        });
    });
}

/**
 * Adds calls to the draft, and accounts for intentions, routers and upstreams.
 *
 * @param external the draft's external group of each external service
 */
export function translateCalls(context: Context, external: ReadonlyMap<string, string>): void {
    const decisions = new Decisions(intentionsOf(context));
    const upstreams = upstreamsOf(context);
    const pairs = new Map<string, { source: string; destination: string; upstreams: Upstream[] }>();
    const pair = (source: string, destination: string) => {
        const key = `${source}\n${destination}`;
        const known = pairs.get(key) ?? { source, destination, upstreams: [] };
        pairs.set(key, known);
        return known;
    };
    for (const one of upstreams) if (one.isLocal) pair(one.source, one.destination).upstreams.push(one);
    for (const { source, destination, isPeer } of decisions.intentions)
        if (!isPeer && source !== "*" && destination !== "*") pair(source, destination);

    const callsBy = new Map<Intention, { calls: string[]; items: MutableItem[] }>();
    const routes = new Map<string, Map<number, RoutedCall[]>>();
    const uses: {
        readonly intention: Intention | undefined;
        readonly group: string;
        readonly caller: string;
        readonly items: MutableItem[];
    }[] = [];
    const pending: {
        intention: Intention | undefined;
        call: Omit<DraftCall, "items">;
        caller: string;
        items: MutableItem[];
    }[] = [];
    for (const { source, destination, upstreams: declared } of pairs.values()) {
        const intention = decisions.of(source, destination);
        const [caller, callee] = [catalogueName(source), catalogueName(destination)];
        const isAllowed = intention?.isAllow ?? context.snapshot.isAllowedByDefault !== false;
        const service = context.draft.services.get(caller);
        const group = external.get(destination);
        const canCall = service !== undefined && source !== destination;
        let made: string[] = [];
        const items: MutableItem[] = [];
        const isLimited = (intention?.permissions.length ?? 0) > 0;
        // An external group has no requests: the use of it would allow more than permissions do.
        if (isAllowed && canCall && group !== undefined && !isLimited) {
            uses.push({ intention, group, caller, items });
            made = [`services.${caller}.external → ${group}`];
        } else if (isAllowed && canCall && context.draft.services.has(callee)) {
            const calls = callsTo(context, destination, intention);
            made = calls.length > 0 ? [callName(caller, callee)] : [];
            for (const { call, route } of calls) {
                pending.push({ intention, call, caller, items });
                if (route === undefined) continue;
                const used = routes.get(destination) ?? new Map<number, RoutedCall[]>();
                routes.set(destination, used);
                used.set(route, [
                    ...(used.get(route) ?? []),
                    { call: callName(caller, callee), isRetried: (call.retries ?? 0) > 0 },
                ]);
            }
        }
        for (const upstream of declared)
            items.push(describeUpstream(context, upstream, intention, isAllowed, made));
        if (intention !== undefined && made.length > 0) {
            const by = callsBy.get(intention) ?? { calls: [], items: [] };
            callsBy.set(intention, by);
            by.calls.push(...made);
        }
    }
    for (const upstream of upstreams)
        if (!upstream.isLocal)
            upstream.proxy.add(
                upstream.path,
                "by-hand",
                `${upstream.destination} is in another datacenter or peer, or a prepared query: reach it as an external group.`,
            );
    const isRegistered = (name: string): boolean => context.get("service", name) !== undefined;
    for (const entry of context.of("service-intentions")) describeEntry(entry);
    for (const intention of decisions.intentions) {
        const before = intention.entry.items.length;
        describeIntention(intention, callsBy.get(intention)?.calls ?? [], isRegistered);
        callsBy.get(intention)?.items.push(...intention.entry.items.slice(before));
    }
    const itemsOf = (intention: Intention | undefined): readonly MutableItem[] =>
        (intention === undefined ? undefined : callsBy.get(intention)?.items) ?? [];
    for (const { intention, call, caller, items } of pending) {
        const from = [...items, ...itemsOf(intention)];
        context.draft.services.get(caller)?.calls.push({ ...call, items: from });
        if ((intention?.permissions.length ?? 0) > 0) continue;
        if (call.requests !== undefined) for (const item of from) differ(item, COMMON_ONLY);
        if (call.methods !== undefined) for (const item of from) differ(item, LISTED_ONLY);
    }
    for (const { intention, group, caller, items } of uses)
        context.draft.services.get(caller)?.external.set(group, [...items, ...itemsOf(intention)]);
    for (const router of context.of("service-router"))
        translateRouter(router, routes.get(router.object.name) ?? new Map<number, RoutedCall[]>());
}

function describeUpstream(
    context: Context,
    { proxy, path, destination }: Upstream,
    intention: Intention | undefined,
    isAllowed: boolean,
    calls: readonly string[],
): MutableItem {
    const upstream = path.replace(/^Proxy\.Upstreams/, "");
    const index = Number(/\d+/.exec(upstream)?.[0]);
    const port = listAt(proxy.object.data, "Proxy", "Upstreams")[index];
    const bind = textAt(port, "LocalBindAddress") || "127.0.0.1";
    const local = (port as { readonly LocalBindPort?: number }).LocalBindPort;
    const where = local === undefined ? "a local address" : `${bind}:${local}`;
    proxy.add(
        `${path}.Config`,
        "by-hand",
        "Proxy settings of one upstream: the mesh derives connection pools, timeouts and circuit breakers from the catalogue.",
    );
    proxy.add(`${path}.MeshGateway`, "not-needed", "It applies to other datacenters only.");
    if (calls.length > 0) {
        const unknown = intention === undefined && context.snapshot.isAllowedByDefault === undefined;
        const policy = unknown
            ? " No intention decides on it, and the default policy could not be read: check that it is allowed."
            : "";
        return proxy.main(
            [path],
            "difference",
            `${calls.join(", ")}. The application calls ${where}: make it call ${catalogueName(destination)}.${policy}`,
        );
    }
    if (!isAllowed)
        return proxy.main(
            [path],
            "by-hand",
            intention === undefined
                ? `Consul denies this call by its default policy. Remove the upstream, or add the call to the catalogue.`
                : `An intention denies this call (precedence ${intention.precedence}). Remove the upstream, or add the call to the catalogue.`,
        );
    return proxy.main(
        [path],
        "by-hand",
        `The draft has no call to ${destination}: it is not in the draft, or no permission can be expressed.`,
    );
}
