import type { WireAnswer } from "../../cli/verify/model";
import type { Spec } from "./simulated-policy";

/** What of a request gets out by the route's second leg. Where the mesh sees bytes the caller says nothing of itself. */
export function withoutRemoved(
    route: Spec | undefined,
    headers: Readonly<Record<string, string>> = {},
    principal: string,
): Pick<WireAnswer, "caller" | "headers"> {
    const leg = route?.http?.find(({ name }) => name === "to-host");
    const removed = leg?.headers?.request?.remove ?? [];
    const says = leg !== undefined && !removed.includes("x-forwarded-client-cert");
    return {
        caller: says ? `spiffe://${principal}` : "",
        headers: Object.fromEntries(Object.entries(headers).filter(([name]) => !removed.includes(name))),
    };
}
