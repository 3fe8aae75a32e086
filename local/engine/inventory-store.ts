/** Stores the inventory in the cluster: a ConfigMap with one text for each stack. */
import { type InventoryStore, formatEntries, parseEntries } from "./inventory";
import { type KubeClient } from "./kube/client";
import { ApiError, ClaimedError } from "./kube/errors";
import { type InventoryEntry, keyOf } from "./ref";

const COLLECTION = "/api/v1/namespaces/kube-system/configmaps";
export const INVENTORY_NAME = "sparc-mesh-inventory";
const PATH = `${COLLECTION}/${INVENTORY_NAME}`;
/** Bytes. Kubernetes rejects a ConfigMap of more than 1 MiB. */
const LIMIT = 1_000_000;
const ATTEMPTS = 5;

interface ConfigMap {
    readonly apiVersion: "v1";
    readonly kind: "ConfigMap";
    readonly metadata: {
        readonly name: string;
        readonly resourceVersion?: string;
        readonly [key: string]: unknown;
    };
    readonly data?: Readonly<Record<string, string>>;
}

export class ConfigMapStore implements InventoryStore {
    /** The text that this run read or wrote last; any other means that another run is in progress. */
    private last: string | undefined;

    constructor(
        private readonly client: KubeClient,
        private readonly stack: string,
    ) {}

    /**
     * The stack's entries. An object that another stack claims too, which earlier versions of this engine did not prevent,
     * belongs to neither: it is not among them.
     */
    async read(): Promise<readonly InventoryEntry[]> {
        const map = (await this.client.getIfPresent(PATH)) as ConfigMap | undefined;
        this.last = map?.data?.[this.stack] ?? "";
        const { claims } = othersOf(map, this.stack);
        return parseEntries(this.last).filter((entry) => !claims.has(keyOf(entry)));
    }

    /** The stacks that have deployed each object, except this one, by the objects' keys. */
    async claims(): Promise<ReadonlyMap<string, string>> {
        const map = (await this.client.getIfPresent(PATH)) as ConfigMap | undefined;
        return othersOf(map, this.stack).claims;
    }

    /**
     * @throws ClaimedError if another stack has claimed one of the objects since the inventory was read; Error if another run
     * has changed the stack's inventory, or if it does not fit.
     */
    async write(entries: readonly InventoryEntry[]): Promise<void> {
        const text = formatEntries(entries);
        if (Buffer.byteLength(text) > LIMIT) {
            throw new Error(
                `the inventory of stack "${this.stack}" has ${entries.length} entries, too many for a ConfigMap; deploy with the Pulumi CLI, which stores its state elsewhere`,
            );
        }
        for (let attempt = 1; ; attempt++) {
            try {
                await this.replace(text, entries);
                this.last = text;
                return;
            } catch (error) {
                // Another process may have written another stack's inventory in the meantime.
                const conflict = error instanceof ApiError && error.status === 409;
                if (!conflict || attempt === ATTEMPTS) throw error;
            }
        }
    }

    private async replace(text: string, entries: readonly InventoryEntry[]): Promise<void> {
        const map = (await this.client.getIfPresent(PATH)) as ConfigMap | undefined;
        const stored = map?.data?.[this.stack] ?? "";
        const { others, claims } = othersOf(map, this.stack);
        for (const entry of entries) {
            const stack = claims.get(keyOf(entry));
            if (stack !== undefined) throw new ClaimedError(stack);
        }
        if (stored !== this.last) {
            throw new Error(
                `another deployment of stack "${this.stack}" to this cluster is in progress; wait until it ends, then run again`,
            );
        }
        const data = text === "" ? others : { ...others, [this.stack]: text };
        if (map === undefined) {
            if (text === "") return;
            const metadata = {
                name: INVENTORY_NAME,
                labels: { "app.kubernetes.io/managed-by": "sparc-mesh" },
            };
            const created: ConfigMap = { apiVersion: "v1", kind: "ConfigMap", metadata, data };
            await this.client.call({ method: "POST", path: COLLECTION, body: created });
        } else if (Object.keys(data).length === 0) {
            const { resourceVersion } = map.metadata;
            await this.client.call({
                method: "DELETE",
                path: PATH,
                body: { preconditions: { resourceVersion } },
            });
        } else {
            // With its resource version, so that a concurrent write causes a conflict.
            await this.client.call({ method: "PUT", path: PATH, body: { ...map, data } });
        }
    }
}

/** The inventories of all stacks except `stack`, and the stack that each of their objects belongs to. */
function othersOf(
    map: ConfigMap | undefined,
    stack: string,
): { readonly others: Readonly<Record<string, string>>; readonly claims: ReadonlyMap<string, string> } {
    const others = Object.entries(map?.data ?? {}).filter(([other]) => other !== stack);
    const claims = others.flatMap(([other, text]) =>
        parseEntries(text).map((entry): [string, string] => [keyOf(entry), other]),
    );
    return { others: Object.fromEntries(others), claims: new Map(claims) };
}
