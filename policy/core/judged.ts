/** Which resources a rule is about. */
import { EVERYTHING } from "./rule";
import { type EngineResource, whatIs } from "./subject";
import { fields } from "./read";
import { CARRIER, podsCarried } from "./workload";

/**
 * Whether a rule is about a resource: by what it is (`core/Service`), by its API group (`cilium.io/*`), because it holds
 * a pod template, or because the rule is about everything.
 */
export function isJudged(
    judges: readonly string[],
    resource: Pick<EngineResource, "type" | "props">,
): boolean {
    const id = whatIs(resource);
    if (judges.includes(id) || judges.includes(EVERYTHING)) return true;
    if (id.includes(":")) return false;
    if (judges.includes(`${id.slice(0, id.indexOf("/"))}/*`)) return true;
    return judges.includes(CARRIER) && podsCarried({ id, props: fields(resource.props) }).length > 0;
}
