/** Which calls Consul allows: intentions by precedence, and the default policy. */
import type { ObjectFields } from "../../fields";
import { catalogueName, type Context } from "../context";
import { dataOf, listAt, numberAt, textAt } from "../data";
import { protocolOf } from "../protocol";
import { type Permission, permissionsOf } from "./intention-requests";

const ANY = "*";

/** One source of a configuration entry of the kind service-intentions. */
export interface Intention {
    readonly entry: ObjectFields;
    readonly index: number;
    readonly source: string;
    readonly destination: string;
    readonly isAllow: boolean;
    readonly precedence: number;
    /** Empty: all requests. */
    readonly permissions: readonly Permission[];
    readonly isPeer: boolean;
}

export function intentionsOf(context: Context): Intention[] {
    return context.of("service-intentions").flatMap((entry) => {
        const isGrpc = protocolOf(context, entry.object.name).protocol === "grpc";
        return listAt(entry.object.data, "Sources").map((source, index): Intention => {
            const permissions = permissionsOf(source, index, isGrpc);
            return {
                entry,
                index,
                source: textAt(source, "Name"),
                destination: entry.object.name,
                isAllow: textAt(source, "Action") === "allow" || permissions.length > 0,
                precedence: numberAt(source, "Precedence"),
                permissions,
                isPeer: ["Peer", "SamenessGroup"].some((key) => textAt(source, key) !== ""),
            };
        });
    });
}

/** Finds the intention that decides on a call: the one with the highest precedence that matches. */
export class Decisions {
    readonly #byPair = new Map<string, Intention>();

    constructor(readonly intentions: readonly Intention[]) {
        for (const one of intentions)
            if (!one.isPeer) this.#byPair.set(`${one.source}\n${one.destination}`, one);
    }

    /** Undefined: the default policy decides. */
    of(source: string, destination: string): Intention | undefined {
        const candidates = [source, ANY].flatMap((from) =>
            [destination, ANY].flatMap((to) => this.#byPair.get(`${from}\n${to}`) ?? []),
        );
        return candidates.sort((a, b) => b.precedence - a.precedence)[0];
    }
}

/** The calls that the draft has because of an intention, by `<index>` of its entry. */
export type CallsOf = (intention: Intention) => readonly string[];

/**
 * Accounts for an entry. Its permissions and sources refer to the calls that they became.
 *
 * @param isRegistered whether a service of this name is registered in the primary datacenter
 */
export function describeIntention(
    intention: Intention,
    calls: readonly string[],
    isRegistered: (service: string) => boolean,
): void {
    const { entry, index, source, destination, isAllow, permissions, isPeer } = intention;
    const path = `Sources[${index}]`;
    const identity = [
        ...["Name", "Action", "Precedence", "Type", "Description", "LegacyID", "LegacyMeta"].map(
            (key) => `${path}.${key}`,
        ),
        ...["LegacyCreateTime", "LegacyUpdateTime", "Namespace", "Partition"].map((key) => `${path}.${key}`),
    ];
    const inDraft = calls.length > 0;
    if (isPeer) {
        entry.add(
            path,
            "by-hand",
            `Its source ${source} is in a peer or sameness group: callers from there need an exposure.`,
        );
        return;
    }
    for (const permission of permissions) {
        const isDrafted = permission.outcome === "translated" || permission.outcome === "difference";
        if (isDrafted && !inDraft)
            entry.add(
                permission.path,
                "by-hand",
                `Add it to a call from ${source} to ${catalogueName(destination)}.`,
            );
        else
            entry.add(
                permission.path,
                permission.outcome,
                isDrafted ? `${calls.join(", ")}. ${permission.detail}`.trim() : permission.detail,
            );
    }
    const [outcome, detail] = describe();
    entry.add(identity, outcome, detail);

    function describe(): ["translated" | "difference" | "by-hand" | "not-needed", string] {
        if (!isAllow) {
            return source === ANY && destination === ANY
                ? ["translated", "The mesh denies every call that the catalogue does not list."]
                : [
                      "not-needed",
                      "The mesh denies every call that the catalogue does not list, and the draft does not list this one.",
                  ];
        }
        if (source === ANY || destination === ANY) {
            return inDraft
                ? [
                      "difference",
                      `The draft allows only the callers that declare an upstream: ${calls.join(", ")}. List the others.`,
                  ]
                : [
                      "by-hand",
                      `The mesh has no wildcards. List the services that call ${destination === ANY ? "others" : destination}: none declares an upstream.`,
                  ];
        }
        if (inDraft) return ["translated", calls.join(", ")];
        const missing = [source, destination].filter((one) => !isRegistered(one));
        if (missing.length > 0)
            return [
                "by-hand",
                `${missing.join(" and ")} is not registered. Add the call if the service exists, or remove the intention.`,
            ];
        return permissions.length > 0
            ? ["by-hand", "None of its permissions is in the draft: list the requests of the call."]
            : [
                  "by-hand",
                  `The draft has no call from ${source} to ${destination}: one of the two is not in it.`,
              ];
    }
}

/** Accounts for what belongs to an entry as a whole. */
export function describeEntry(entry: ObjectFields): void {
    entry.main(
        ["Kind", "Name", "Meta", "Hash"],
        "translated",
        `The callers of ${entry.object.name}: see its sources.`,
    );
    if (dataOf(entry.object.data)["JWT"] !== undefined)
        entry.add(
            "JWT",
            "by-hand",
            "Tokens are checked at gateways: set authentication: jwt at the exposure, and the issuer in the stack.",
        );
}
