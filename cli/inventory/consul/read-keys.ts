/** Reads what only some versions or configurations of Consul have: keys, peerings, ACL tokens. */
import * as answers from "./answers";
import { attempt, FILTERED, isStatus, type Reading, reasonOf } from "./reading";

/** Names and locks of keys. Consul returns values with locks, so values are only transferred if there are sessions. */
export async function readKeys(reading: Reading, datacenter: string): Promise<void> {
    const { client, objects, unread } = reading;
    const query = { dc: datacenter };
    try {
        const names = await client.get("/v1/kv/", answers.texts, { ...query, keys: "" });
        const sessions = await client.get("/v1/session/list", answers.sessions, query).catch(() => undefined);
        const locks =
            (sessions?.value.length ?? 0) === 0
                ? undefined
                : await attempt(
                      reading,
                      datacenter,
                      "locks of keys",
                      client.get("/v1/kv/", answers.keys, { ...query, recurse: "" }),
                  );
        const lockOf = new Map(locks?.map((one) => [one.Key, one]));
        for (const name of names.value)
            objects.push({ kind: "kv", datacenter, name, data: lockOf.get(name) ?? { Key: name } });
        if (names.isFiltered) unread.push({ datacenter, what: "keys", reason: FILTERED });
    } catch (error) {
        const reason = reasonOf(error);
        // Consul responds with 404 if there are no keys.
        if (!isStatus(error, 404)) unread.push({ datacenter, what: "keys", reason });
    }
}

/** Consul before 1.13 has no peerings. */
export async function readPeerings({ client, objects, unread }: Reading, datacenter: string): Promise<void> {
    try {
        const { value, isFiltered } = await client.get("/v1/peerings", answers.peerings, { dc: datacenter });
        for (const data of value) objects.push({ kind: "peering", datacenter, name: data.Name, data });
        if (isFiltered) unread.push({ datacenter, what: "peerings", reason: FILTERED });
    } catch (error) {
        const reason = reasonOf(error);
        if (!isStatus(error, 404) && !/peering is disabled/i.test(reason))
            unread.push({ datacenter, what: "peerings", reason });
    }
}

/** ACL tokens without their secrets. Consul responds with 401 if ACLs are disabled. */
export async function readTokens(reading: Reading, datacenter: string): Promise<void> {
    const { client, objects, unread } = reading;
    try {
        const { value } = await client.get("/v1/acl/tokens", answers.tokens, { dc: datacenter });
        for (const token of value) {
            const data = Object.fromEntries(Object.entries(token).filter(([key]) => key !== "SecretID"));
            objects.push({ kind: "acl-token", datacenter, name: token.AccessorID, data });
        }
    } catch (error) {
        const reason = reasonOf(error);
        if (!isStatus(error, 401)) unread.push({ datacenter, what: "ACL tokens", reason });
    }
}
