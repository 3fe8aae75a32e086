/** Listeners of the Gateway API that answer plain HTTP with nothing but a redirect. */
import { at, list, says, textAt } from "../../core/read";
import { type Subject } from "../../core/subject";
import { type World } from "../../core/world";

const GROUP = "gateway.networking.k8s.io";

/** Where certificate authorities ask for the answer to an HTTP-01 challenge (RFC 8555, 8.3). */
const CHALLENGE = /^\/\.well-known\/acme-challenge(\/|$)/;

/**
 * Whether every route that binds to the listener redirects to https, or answers HTTP-01 challenges, and there is one.
 * Routes of the other kinds that bind to it, such as GRPCRoutes, serve it.
 */
export function onlyRedirects(world: World, gateway: Subject, listener: unknown): boolean {
    const bound = (kind: string): readonly Subject[] =>
        world.all(`${GROUP}/${kind}`).filter((route) => isBound(route, gateway, listener));
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
    if (redirects && !says(at(rule, "backendRefs"))) return true;
    const paths = list(at(rule, "matches")).map((match) => textAt(match, "path", "value") ?? "/");
    return paths.length > 0 && paths.every((path) => CHALLENGE.test(path));
}
