/** A draft of a catalogue, in which every part knows the items of the report that it comes from. */
import { type Problem, checkCatalogue } from "../../catalogue/check";
import { milliseconds } from "../../catalogue/durations";
import type { Catalogue, Duration, ExternalHost, Port, Request } from "../../catalogue/model";
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
    readonly items: readonly MutableItem[];
}

export interface DraftService {
    readonly summary: string;
    readonly ports: Readonly<Record<string, Port>>;
    readonly calls: DraftCall[];
    readonly external: Set<string>;
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
        const services = [...this.services].map(
            ([name, service]) => [name, this.#service(name, service)] as const,
        );
        const external = [...this.external].map(
            ([name, { summary, hosts }]) => [name, { summary, hosts }] as const,
        );
        const sorted = <T>(entries: readonly (readonly [string, T])[]): Record<string, T> =>
            Object.fromEntries(sortedEntries(Object.fromEntries(entries)));
        return { services: sorted<Service>(services), stores: {}, external: sorted(external) };
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
            // Timeouts and retries last: they depend on the calls that are left.
            const structural = problems.filter(({ rule }) => !ADJUSTABLE.has(rule));
            this.#repair(structural.length > 0 ? structural : problems);
        }
        throw new Error("the draft does not pass the catalogue's checks; this is a bug");
    }

    #service(name: string, { calls, external, items: _, ports, ...rest }: DraftService): Service {
        return {
            domain: "unassigned",
            tier: "standard",
            ...rest,
            ports: Object.fromEntries(
                Object.entries(ports).map(([port, one]) => [port, this.#offer(name, port, one)]),
            ),
            calls: calls.map(({ items: _items, ...call }) => call),
            external: [...external].sort(),
        };
    }

    /** An HTTP port offers what its callers request; any request if they list none. */
    #offer(service: string, name: string, port: Port): Port {
        if (port.protocol !== "http") return port;
        const requested = [...this.services.values()]
            .flatMap(({ calls }) => calls)
            .filter((call) => call.to === service && call.port === name)
            .flatMap(({ requests }) => requests ?? []);
        const all = [...new Set(requested.length > 0 ? requested : ANY_REQUEST)].sort();
        const requests = all.filter((one) => !all.some((other) => other !== one && covers(other, one)));
        return { ...port, requests };
    }

    /** Resolves all places before anything changes: the index of a call is the one in the checked catalogue. */
    #repair(problems: readonly Problem[]): void {
        const repairs = problems.map((problem) => ({ problem, place: this.#placeOf(problem.where) }));
        const removed = new Set<unknown>();
        for (const { problem, place } of repairs) {
            const { call, service, name, group } = place;
            if (call !== undefined && service !== undefined) {
                if (removed.has(call) || this.#change(problem, call, name)) continue;
                removed.add(call);
                service.calls.splice(service.calls.indexOf(call), 1);
                withdraw(call.items, `${problem.message}. ${problem.remedy}`);
            } else if (group !== undefined && this.external.has(group)) {
                withdraw(this.external.get(group)?.items ?? [], `${problem.message}. ${problem.remedy}`);
                this.external.delete(group);
                for (const { external } of this.services.values()) external.delete(group);
            } else if (service !== undefined && this.services.has(name)) {
                this.services.delete(name);
                withdraw(service.items, `${problem.message}. ${problem.remedy}`);
                for (const one of this.services.values()) {
                    const lost = one.calls.filter(({ to }) => to === name);
                    for (const { items } of lost)
                        withdraw(items, `${name} is not in the draft: ${problem.message}`);
                    one.calls.splice(0, one.calls.length, ...one.calls.filter(({ to }) => to !== name));
                }
                for (const { items } of service.calls)
                    withdraw(items, `${name} is not in the draft: ${problem.message}`);
            }
        }
    }

    /** Shortens a timeout or removes retries. @returns whether that repairs the problem */
    #change({ rule, message }: Problem, call: DraftCall, caller: string): boolean {
        if (rule === "timeout-outlasts-caller" || rule === "stream-outlives-caller") {
            const shortest = Math.min(...this.#waitsFor(caller));
            const timeout = Math.floor(shortest * SHARE_OF_CALLER);
            if (timeout < 1) return false;
            call.timeout = durationOf(timeout);
            for (const item of call.items)
                differ(item, `The draft has a timeout of ${call.timeout}: ${message}.`);
            return true;
        }
        if (rule === "retries-multiply" && call.retries !== 0) {
            call.retries = 0;
            for (const item of call.items) differ(item, `The draft has no retries: ${message}.`);
            return true;
        }
        return false;
    }

    #waitsFor(name: string): number[] {
        return [...this.services.values()]
            .flatMap(({ calls }) => calls)
            .filter(({ to }) => to === name)
            .map(({ timeout }) => milliseconds(timeout) ?? Infinity);
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

/** `15s`, `1500ms` */
export function durationOf(ms: number): Duration {
    return ms % 1000 === 0 ? `${ms / 1000}s` : `${ms}ms`;
}

/** A part that is in the draft with a difference. */
export function differ(item: MutableItem, detail: string): void {
    if (item.outcome === "by-hand") return;
    item.outcome = "difference";
    if (!item.detail.includes(detail)) item.detail = `${item.detail.replace(/\.$/, "")}. ${detail}`;
}

/** A part that the draft cannot have. */
function withdraw(items: readonly MutableItem[], reason: string): void {
    for (const item of items) {
        if (item.outcome === "not-needed") continue;
        item.outcome = "by-hand";
        item.detail = `Not in the draft: ${reason}`;
    }
}
