/** What the translation of each kind of object works with. */
import { compare } from "../../../catalogue/order";
import type { Draft } from "../draft";
import { ObjectFields } from "../fields";
import type { Snapshot } from "./read";

/** Gateways, proxies and the servers, which are no services of the platform. */
export const INFRASTRUCTURE_KINDS: ReadonlySet<string> = new Set([
    "connect-proxy",
    "mesh-gateway",
    "ingress-gateway",
    "terminating-gateway",
    "api-gateway",
]);

/** Consul's request timeout, if a router or resolver sets none (`service-resolver` reference, RequestTimeout). */
export const DEFAULT_REQUEST_TIMEOUT_MS = 15_000;

export class Context {
    /** The draft describes it. */
    readonly primary: string;
    readonly all: readonly ObjectFields[];
    readonly #byKind = new Map<string, Map<string, ObjectFields>>();
    readonly #instances = new Map<string, ObjectFields[]>();

    constructor(
        readonly snapshot: Snapshot,
        readonly draft: Draft,
    ) {
        this.primary = snapshot.datacenters[0] ?? "";
        this.all = snapshot.objects.map((object) => new ObjectFields(object));
        for (const fields of this.all) {
            const { kind, name, data, datacenter } = fields.object;
            if (datacenter !== this.primary) continue;
            const group = this.#byKind.get(kind) ?? new Map<string, ObjectFields>();
            group.set(name, fields);
            this.#byKind.set(kind, group);
            if (kind !== "instance" || typeof data["Service"] !== "string") continue;
            this.#instances.set(data["Service"], [...(this.#instances.get(data["Service"]) ?? []), fields]);
        }
    }

    /** The object of the primary datacenter. */
    get(kind: string, name: string): ObjectFields | undefined {
        return this.#byKind.get(kind)?.get(name);
    }

    /** The objects of a kind in the primary datacenter, by name. */
    of(kind: string): readonly ObjectFields[] {
        const group = [...(this.#byKind.get(kind)?.values() ?? [])];
        return group.sort((a, b) => compare(a.object.name, b.object.name));
    }

    /** The instances of a service in the primary datacenter. */
    instancesOf(service: string): readonly ObjectFields[] {
        return this.#instances.get(service) ?? [];
    }
}

/**
 * The name of a Consul service in the catalogue: in lower case, with hyphens. Consul itself ignores case in DNS names, and
 * refuses other characters there.
 */
export function catalogueName(name: string): string {
    return name
        .toLowerCase()
        .replace(/[^a-z0-9]+/g, "-")
        .replace(/^-+|-+$/g, "");
}
