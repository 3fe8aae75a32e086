import type { WireAnswer } from "../../cli/verify/model";
import type { Spec } from "./simulated-policy";

/** The headers that leave by the route's second leg, without the removed ones. */
export function withoutRemoved(
    route: Spec | undefined,
    headers: Readonly<Record<string, string>> = {},
    principal: string,
): Pick<WireAnswer, "caller" | "headers"> {
    const leg = route?.http?.find(({ name }) => name === "to-host");
    const removed = leg?.headers?.request?.remove ?? [];
    const forwardsIdentity = leg !== undefined && !removed.includes("x-forwarded-client-cert");
    return {
        caller: forwardsIdentity ? `spiffe://${principal}` : "",
        headers: Object.fromEntries(Object.entries(headers).filter(([name]) => !removed.includes(name))),
    };
}
