/**
 * The catalogue's path templates as `mesh verify` reads them.
 *
 * Deliberately not shared with the derivation of policies (catalogue/path-template.ts): a wrong interpretation of a
 * template in shared code would go unnoticed.
 */

/** Replaces `{*}` and `{**}` in paths, and names things that do not exist. */
export const PLACEHOLDER = "mesh-verify";

/** `GET /v1/alerts` → `GET` and `/v1/alerts`. */
export function splitRequest(request: string): [verb: string, template: string] {
    const space = request.indexOf(" ");
    return [request.slice(0, space), request.slice(space + 1)];
}

/** Whether a template matches a path. */
export function matchesTemplate(template: string, path: string): boolean {
    const expression = template
        .split("/")
        .map((segment) => {
            if (segment === "{*}") return "[^/]+";
            return segment === "{**}" ? ".*" : segment.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
        })
        .join("/");
    return new RegExp(`^${expression}$`).test(path);
}

/** A path that the template matches. */
export function examplePath(template: string): string {
    return template.replaceAll(/\{\*\*?\}/g, PLACEHOLDER);
}

/** A path with several segments in place of `{**}`; undefined without `{**}`. */
export function longExamplePath(template: string): string | undefined {
    if (!template.includes("{**}")) return undefined;
    return examplePath(template.replace("{**}", `${PLACEHOLDER}/${PLACEHOLDER}/${PLACEHOLDER}`));
}

/** Examples of what precedes a template's tenant, without the slash, and of what follows it. */
export function aroundTenant(template: string): [before: string, after: string] {
    const [head = "", tail = ""] = template.split("{tenant}");
    return [examplePath(head.replace(/\/$/, "")), examplePath(tail)];
}

/** The tenant in a path, extracted with a template; ignores the rest of the path. */
export function tenantInPath(template: string, path: string): string[] {
    const templateSegments = template.split("/");
    const place = templateSegments.indexOf("{tenant}");
    const given = path.split("/");
    const fits = templateSegments
        .slice(0, place)
        .every((segment, index) => segment === given[index] || (segment === "{*}" && given[index] !== ""));
    const tenant = given[place] ?? "";
    return fits && tenant !== "" ? [tenant] : [];
}
