/** A draft of a catalogue, in which every part knows the items of the report that it comes from. */
import { type Problem, checkCatalogue } from "../../catalogue/check";
import { milliseconds } from "../../catalogue/durations";
import type { Call, Catalogue, Duration, ExternalHost, Port, Request } from "../../catalogue/model";
import { sortedEntries } from "../../catalogue/order";
import { covers } from "../../catalogue/requests";
import type { MutableItem } from "./fields";

type Service = Catalogue["services"][string];

export interface DraftCall {
    readonly to: string;
    readonly port: string;
    /** HTTP ports only. */
    readonly requests?: readonly Request[];
    /** gRPC ports only. */
    readonly methods?: readonly string[];
    timeout: Duration | "stream";
    idempotent: boolean;
    retries?: number;
    retryOn?: NonNullable<Call["retryOn"]>;
    /** Whether permissions limit it to its requests or methods; otherwise it can use all of the port. */
    readonly isLimited: boolean;
    readonly items: readonly MutableItem[];
}

export interface DraftService {
    readonly summary: string;
    readonly ports: Readonly<Record<string, Port>>;
    readonly calls: DraftCall[];
    /** The external groups that it uses, with the items that state it. */
    readonly external: Map<string, readonly MutableItem[]>;
    readonly minReplicas: number;
    readonly concurrency?: number;
    readonly loadBalancing?: NonNullable<Service["loadBalancing"]>;
    readonly items: readonly MutableItem[];
}

export interface DraftExternal {
    readonly summary: string;
    readonly hosts: readonly ExternalHost[];
    readonly items: readonly MutableItem[];
}

/** The methods of a request of which only the path is known. GET includes HEAD. */
export const COMMON_METHODS: readonly string[] = ["DELETE", "GET", "OPTIONS", "PATCH", "POST", "PUT"];

/** The requests of a call of which only the port is known. */
export const ANY_REQUEST: readonly Request[] = COMMON_METHODS.map((method) => `${method} /{**}` as Request);

/** A shorter timeout than the caller's leaves time for its work. */
const SHARE_OF_CALLER = 0.8;
/** Each round removes or shortens something; a chain of calls needs one round for each of its calls. */
const MAX_ROUNDS = 1000;

/** Rules that another timeout or fewer retries satisfy. */
const ADJUSTABLE: ReadonlySet<string> = new Set([
    "timeout-outlasts-caller",
    "stream-outlives-caller",
    "retries-multiply",
]);

export class Draft {
    readonly services = new Map<string, DraftService>();
    readonly external = new Map<string, DraftExternal>();

    /** The draft as a catalogue's data. */
    catalogue(): Catalogue {
        const requested = this.#requested();
        const services = [...this.services].map(
            ([name, service]) => [name, serviceOf(name, service, requested)] as const,
        );
        const external = [...this.external].map(
            ([name, { summary, hosts }]) => [name, { summary, hosts }] as const,
        );
        const sorted = <T>(entries: readonly (readonly [string, T])[]): Record<string, T> =>
            Object.fromEntries(sortedEntries(Object.fromEntries(entries)));
        return { services: sorted<Service>(services), stores: {}, external: sorted(external) };
    }

    /** The calls that permissions limit: `web → users`. */
    limitedCalls(): ReadonlySet<string> {
        const limited = [...this.services].flatMap(([name, { calls }]) =>
            calls.flatMap(({ to, isLimited }) => (isLimited ? [`${name} → ${to}`] : [])),
        );
        return new Set(limited);
    }

    /** The requests of all calls, by `<service>/<port>`. */
    #requested(): ReadonlyMap<string, ReadonlySet<Request>> {
        const requested = new Map<string, Set<Request>>();
        for (const { calls } of this.services.values())
            for (const { to, port, requests = [] } of calls) {
                const known = requested.get(`${to}/${port}`) ?? new Set();
                requested.set(`${to}/${port}`, known);
                for (const request of requests) known.add(request);
            }
        return requested;
    }

    /**
     * Changes the draft until the catalogue's checks pass, and the items of what is changed or removed with it.
     *
     * @returns the valid catalogue
     */
    valid(): Catalogue {
        for (let round = 0; round < MAX_ROUNDS; round += 1) {
            const catalogue = this.catalogue();
            const problems = checkCatalogue(catalogue);
            if (problems.length === 0) return catalogue;
            // Timeouts and retries last: they depend on the calls that are left, which have no cycles then.
            const structural = problems.filter(({ rule }) => !ADJUSTABLE.has(rule));
            if (structural.length === 0 && this.#shorten()) continue;
            this.#repair(structural.length > 0 ? structural : problems);
        }
        throw new Error("the draft does not pass the catalogue's checks; this is a bug");
    }

    /** Resolves all places before anything changes: the index of a call is the one in the checked catalogue. */
    #repair(problems: readonly Problem[]): void {
        const repairs = problems.map((problem) => ({ problem, place: this.#placeOf(problem.where) }));
        const removed = new Set<unknown>();
        for (const { problem, place } of repairs) {
            const { call, service, name, group } = place;
            if (call !== undefined && service !== undefined) {
                if (removed.has(call) || this.#change(problem, call)) continue;
                removed.add(call);
                service.calls.splice(service.calls.indexOf(call), 1);
                withdraw(call.items, `${problem.message}. ${problem.remedy}`);
            } else if (group !== undefined && this.external.has(group)) {
                withdraw(this.external.get(group)?.items ?? [], `${problem.message}. ${problem.remedy}`);
                this.external.delete(group);
                for (const { external } of this.services.values()) {
                    withdraw(external.get(group) ?? [], `${group} is not in the draft: ${problem.message}`);
                    external.delete(group);
                }
            } else if (service !== undefined && this.services.has(name)) {
                this.services.delete(name);
                withdraw(service.items, `${problem.message}. ${problem.remedy}`);
                for (const one of this.services.values()) {
                    const lost = one.calls.filter(({ to }) => to === name);
                    for (const { items } of lost)
                        withdraw(items, `${name} is not in the draft: ${problem.message}`);
                    one.calls.splice(0, one.calls.length, ...one.calls.filter(({ to }) => to !== name));
                }
                for (const items of service.external.values())
                    withdraw(items, `${name} is not in the draft: ${problem.message}`);
                for (const { items } of service.calls)
                    withdraw(items, `${name} is not in the draft: ${problem.message}`);
            }
        }
    }

    /** Removes retries. @returns whether that repairs the problem */
    #change({ rule, message }: Problem, call: DraftCall): boolean {
        if (rule !== "retries-multiply" || call.retries === 0) return false;
        call.retries = 0;
        delete call.retryOn;
        for (const item of call.items) differ(item, `The draft has no retries: ${message}.`);
        return true;
    }

    /** Makes every timeout shorter than those of the service's callers. @returns whether that changed one */
    #shorten(): boolean {
        const shortest = new Map<string, { readonly ms: number; readonly by: string }>();
        let isChanged = false;
        for (const name of this.#callersFirst()) {
            const wait = shortest.get(name);
            for (const call of this.services.get(name)?.calls ?? []) {
                const ms = milliseconds(call.timeout) ?? Infinity;
                const left = wait === undefined ? 0 : Math.floor(wait.ms * SHARE_OF_CALLER);
                if (wait !== undefined && ms >= wait.ms && left > 0) {
                    call.timeout = durationOf(left);
                    isChanged = true;
                    const reason = `${wait.by} waits only ${durationOf(wait.ms)} for ${name}`;
                    for (const item of call.items)
                        differ(item, `The draft has a timeout of ${call.timeout}: ${reason}.`);
                }
                const now = milliseconds(call.timeout) ?? Infinity;
                if (now < (shortest.get(call.to)?.ms ?? Infinity))
                    shortest.set(call.to, { ms: now, by: name });
            }
        }
        return isChanged;
    }

    /** The services in topological order. */
    #callersFirst(): string[] {
        const callers = new Map([...this.services.keys()].map((name) => [name, 0]));
        const callees = (name: string): string[] =>
            (this.services.get(name)?.calls ?? []).map(({ to }) => to);
        for (const name of this.services.keys())
            for (const to of callees(name)) callers.set(to, (callers.get(to) ?? 0) + 1);
        const ready = [...callers.keys()].filter((name) => callers.get(name) === 0);
        for (const name of ready)
            for (const to of callees(name)) {
                const left = (callers.get(to) ?? 0) - 1;
                callers.set(to, left);
                if (left === 0) ready.push(to);
            }
        return ready;
    }

    /** `web.calls[0] → users`, `services.web.ports.http.requests`, `external.payment.hosts[0] → …` */
    #placeOf(where: string): {
        name: string;
        service?: DraftService | undefined;
        call?: DraftCall | undefined;
        group?: string;
    } {
        const path = where.split(" → ")[0] ?? "";
        const group = /^external\.([^.]+)/.exec(path)?.[1];
        if (group !== undefined) return { name: group, group };
        const name = path.replace(/^services\./, "").split(/[.[]/)[0] ?? "";
        const service = this.services.get(name);
        const index = /\.calls\[(\d+)\]/.exec(path)?.[1];
        return { name, service, call: index === undefined ? undefined : service?.calls[Number(index)] };
    }
}

/** An HTTP port offers what its callers request; any request if they list none. */
function serviceOf(
    name: string,
    { summary, minReplicas, concurrency, loadBalancing, calls, external, ports }: DraftService,
    requested: ReadonlyMap<string, ReadonlySet<Request>>,
): Service {
    const offer = (portName: string, port: Port): Port => {
        if (port.protocol !== "http") return port;
        const all = [...(requested.get(`${name}/${portName}`) ?? ANY_REQUEST)].sort();
        const requests = all.filter((one) => !all.some((other) => other !== one && covers(other, one)));
        return { ...port, requests };
    };
    return {
        domain: "unassigned",
        tier: "standard",
        summary,
        minReplicas,
        ...(concurrency === undefined ? {} : { concurrency }),
        ...(loadBalancing === undefined ? {} : { loadBalancing }),
        ports: Object.fromEntries(Object.entries(ports).map(([port, one]) => [port, offer(port, one)])),
        calls: calls.map(({ to, port, requests, methods, timeout, idempotent, retries, retryOn }) => ({
            to,
            port,
            ...(requests === undefined ? {} : { requests }),
            ...(methods === undefined ? {} : { methods }),
            timeout,
            idempotent,
            ...(retries === undefined ? {} : { retries }),
            ...(retryOn === undefined ? {} : { retryOn }),
        })),
        external: [...external.keys()].sort(),
    };
}

/** `15s`, `1500ms` */
export function durationOf(ms: number): Duration {
    return ms % 1000 === 0 ? `${ms / 1000}s` : `${ms}ms`;
}

/** A part that is in the draft with a difference. */
export function differ(item: MutableItem, detail: string): void {
    if (item.outcome === "by-hand" || item.outcome === "not-needed") return;
    item.outcome = "difference";
    if (!item.detail.includes(detail)) item.detail = `${item.detail.replace(/\.$/, "")}. ${detail}`;
}

/** A part that the draft cannot have. */
function withdraw(items: readonly MutableItem[], reason: string): void {
    for (const item of items) {
        if (item.outcome === "by-hand" || item.outcome === "not-needed") continue;
        item.outcome = "by-hand";
        item.detail = `Not in the draft: ${reason}`;
    }
}
