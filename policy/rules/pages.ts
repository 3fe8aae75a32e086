import { RULES } from "./index";
import { index, page } from "../core/page";

/** Every page of docs/policies by file name. */
export function policyPages(): ReadonlyMap<string, string> {
    return new Map([
        ["README.md", index(RULES)],
        ...RULES.map((rule): [string, string] => [`${rule.name}.md`, page(rule)]),
    ]);
}
