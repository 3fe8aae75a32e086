/** The HTTP routes of VirtualServices. */
import { at, type Fields, fields, list, says, textAt, texts } from "./read";
import { type Subject } from "./subject";

export interface Route {
    readonly path: string;
    readonly name: string;
    readonly fields: Fields;
    /** Hosts that it leads to; of one that delegates, those that it is for. */
    readonly destinations: readonly string[];
}

export function routesOf({ spec }: Subject): readonly Route[] {
    return list(spec["http"]).map((route, index) => ({
        path: `spec.http[${index}]`,
        name: textAt(route, "name") ?? "",
        fields: fields(route),
        destinations: says(at(route, "delegate"))
            ? texts(spec["hosts"])
            : list(at(route, "route")).map((target) => textAt(target, "destination", "host") ?? ""),
    }));
}

/** Exact paths, and beginnings of paths, that a route is for; none where it is for every path. */
export function pathsOf(route: Route): readonly string[] {
    return list(route.fields["match"]).flatMap((match) => {
        const uri = at(match, "uri");
        return [textAt(uri, "exact"), textAt(uri, "prefix"), textAt(uri, "regex")].filter(
            (path) => path !== undefined,
        );
    });
}

export function methodsOf(route: Route): readonly string[] {
    return list(route.fields["match"]).flatMap((match) => {
        const method = at(match, "method");
        return [textAt(method, "exact"), ...texts(at(method, "in"))].filter((name) => name !== undefined);
    });
}
