/** When, and for how long each, the mesh retries a call. */

import { CONDITIONS_OF_PROTOCOL, attempts } from "../attempts";
import { milliseconds } from "../durations";
import type { Catalogue } from "../model";
import type { Problem } from "./problem";
import { list, repeated } from "./problem";
import type { CallSite } from "./sites";
import { callSites } from "./sites";

/** Conditions and timeouts of attempts that are never made, or that have no effect. */
export function checkRetryPolicies(catalogue: Catalogue): Problem[] {
    return callSites(catalogue).flatMap((site) => [
        ...unused(site),
        ...conditionProblems(site),
        ...timeoutProblems(site),
    ]);
}

function unused({ caller, call, where, port }: CallSite): Problem[] {
    const fields = (["retryOn", "perTryTimeout"] as const).filter((field) => call[field] !== undefined);
    const isTcp = port?.protocol === "tcp";
    if (!isTcp && attempts(call) > 1) return [];
    return fields.map((field) => ({
        rule: "unused-retry-policy",
        where,
        message: isTcp
            ? `${caller} sets ${field} for ${call.to}, but the mesh does not see requests on a TCP port`
            : `${caller} sets ${field} for ${call.to}, but the mesh does not retry the call`,
        remedy: isTcp
            ? `Remove ${field}.`
            : `Remove ${field}, or let the mesh retry: set idempotent: true if the call is, and retries.`,
    }));
}

function conditionProblems({ caller, call, where, port }: CallSite): Problem[] {
    const { retryOn = [] } = call;
    const known =
        port === undefined || port.protocol === "tcp" ? retryOn : CONDITIONS_OF_PROTOCOL[port.protocol];
    const unknown = retryOn.filter((condition) => !known.includes(condition));
    return [
        ...(unknown.length > 0
            ? [
                  {
                      rule: "wrong-protocol",
                      where,
                      message: `${caller} retries calls to ${call.to} on ${list(unknown)}, which its port ${call.port} does not return`,
                      remedy: `Use ${list(known, "or")}.`,
                  },
              ]
            : []),
        ...repeated(retryOn).map((condition) => ({
            rule: "repeated-reference",
            where,
            message: `${caller} retries calls to ${call.to} on ${condition} twice`,
            remedy: "Remove the duplicate.",
        })),
    ];
}

function timeoutProblems({ caller, call, where }: CallSite): Problem[] {
    const { perTryTimeout, timeout } = call;
    if (perTryTimeout === undefined || timeout === "stream") return [];
    if ((milliseconds(perTryTimeout) ?? 0) < (milliseconds(timeout) ?? Infinity)) return [];
    return [
        {
            rule: "per-try-timeout",
            where,
            message: `${caller} waits ${perTryTimeout} for each attempt of a call to ${call.to}, but only ${timeout} for all of them`,
            remedy: `Set perTryTimeout below ${timeout}.`,
        },
    ];
}
