/** Gateway API listeners that only redirect plain HTTP. */
import { at, list, isNonEmpty, textAt } from "../../core/read";
import { type Subject } from "../../core/subject";
import { type StackResources } from "../../core/stack-resources";

const GROUP = "gateway.networking.k8s.io";

/** Path of HTTP-01 challenges, which certificate authorities request (RFC 8555, 8.3). */
const CHALLENGE = /^\/\.well-known\/acme-challenge(\/|$)/;

/**
 * Whether at least one route is bound to the listener, and all bound HTTPRoutes redirect to https or answer
 * HTTP-01 challenges. Routes of other kinds, such as GRPCRoutes, serve requests.
 */
export function onlyRedirects(stack: StackResources, gateway: Subject, listener: unknown): boolean {
    const bound = (kind: string): readonly Subject[] =>
        stack.all(`${GROUP}/${kind}`).filter((route) => isBound(route, gateway, listener));
    const routes = bound("HTTPRoute");
    return (
        routes.length > 0 &&
        bound("GRPCRoute").length === 0 &&
        routes.flatMap(({ spec }) => list(spec["rules"])).every(isHarmless) &&
        routes.every(({ spec }) => list(spec["rules"]).length > 0)
    );
}

function isBound({ spec, namespace }: Subject, gateway: Subject, listener: unknown): boolean {
    return list(spec["parentRefs"]).some((ref) => {
        const section = textAt(ref, "sectionName");
        const port = textAt(ref, "port");
        return (
            (textAt(ref, "kind") ?? "Gateway") === "Gateway" &&
            textAt(ref, "name") === gateway.name &&
            (textAt(ref, "namespace") ?? namespace) === gateway.namespace &&
            (section === undefined || section === textAt(listener, "name")) &&
            (port === undefined || port === textAt(listener, "port"))
        );
    });
}

function isHarmless(rule: unknown): boolean {
    const redirects = list(at(rule, "filters")).some(
        (filter) =>
            textAt(filter, "type") === "RequestRedirect" &&
            textAt(filter, "requestRedirect", "scheme") === "https",
    );
    if (redirects && !isNonEmpty(at(rule, "backendRefs"))) return true;
    const paths = list(at(rule, "matches")).map((match) => textAt(match, "path", "value") ?? "/");
    return paths.length > 0 && paths.every((path) => CHALLENGE.test(path));
}
