import type { ConsulSettings } from "../../cli/inventory/consul/settings";
import { type Inventory, inventoryConsul } from "../../cli/inventory/inventory";

function settings(url: string, token?: string): ConsulSettings {
    return {
        url: new URL(url),
        token,
        ca: undefined,
        cert: undefined,
        key: undefined,
        serverName: undefined,
    };
}

export function readInventory(
    url: string,
    token?: string,
    datacenters: readonly string[] = [],
): Promise<Inventory> {
    return inventoryConsul(settings(url, token), { datacenters, timeoutMs: 55_000 });
}
