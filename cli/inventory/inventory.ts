/** `mesh inventory consul`: reads Consul, drafts a catalogue and reports what becomes of everything. */
import type { Catalogue } from "../../catalogue/model";
import { compareCatalogues } from "./compare";
import { consulClient } from "./consul/client";
import { readConsul } from "./consul/read";
import type { ConsulSettings } from "./consul/settings";
import { translate } from "./consul/translate";
import { fieldsOf } from "./fields";
import type { InventoryReport } from "./model";

/** Of one request. */
const REQUEST_TIMEOUT_MS = 10_000;

export interface Inventory {
    readonly report: InventoryReport;
    readonly catalogue: Catalogue;
}

/**
 * @param datacenters the draft's first @default all, the agent's first
 * @param timeoutMs of reading; what is not read by then is reported
 * @param given the catalogue to compare with
 * @throws Error if Consul cannot be read at all
 */
export async function inventoryConsul(
    settings: ConsulSettings,
    {
        datacenters,
        timeoutMs,
        given,
    }: { datacenters: readonly string[]; timeoutMs: number; given?: Catalogue | undefined },
): Promise<Inventory> {
    const client = consulClient(settings, REQUEST_TIMEOUT_MS, Date.now() + timeoutMs);
    try {
        const snapshot = await readConsul(client, datacenters);
        const { catalogue, limitedCalls, items, assumptions } = translate(snapshot);
        const report = {
            source: settings.url.origin,
            datacenters: snapshot.datacenters,
            objects: snapshot.objects.length,
            fields: snapshot.objects.reduce((sum, { data }) => sum + fieldsOf(data).length, 0),
            isComplete: snapshot.unread.length === 0,
            unread: snapshot.unread,
            notes: snapshot.notes,
            items,
            assumptions,
            ...(given === undefined
                ? {}
                : { differences: compareCatalogues(given, catalogue, limitedCalls) }),
        };
        return { report, catalogue };
    } finally {
        client.close();
    }
}
