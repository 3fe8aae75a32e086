/** The base stack with a case's changes. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type EngineResource, Subject } from "../../../../policy/core/subject";
import { fromYaml } from "../../support/stacks";
import { type Legitimate } from "./model";

export function base(): readonly EngineResource[] {
    return fromYaml(readFileSync(join(__dirname, "base.yaml"), "utf8"));
}

/** @throws Error if a case names an unknown object */
export function stackOf({ add, edit = [], remove = [] }: Legitimate): readonly EngineResource[] {
    const added = add === undefined ? [] : fromYaml(add);
    const byKey = new Map([...base(), ...added].map((resource) => [keyOf(resource), resource]));
    for (const [key, path, value] of edit) set(demand(byKey, key).props, path, value);
    for (const key of remove) {
        demand(byKey, key);
        byKey.delete(key);
    }
    return [...byKey.values()];
}

function keyOf(resource: EngineResource): string {
    const { namespace, kind, name } = new Subject(resource);
    return [namespace, kind, name].filter(Boolean).join("/");
}

function demand(resources: ReadonlyMap<string, EngineResource>, key: string): EngineResource {
    const resource = resources.get(key);
    if (resource === undefined) throw new Error(`there is no ${key}`);
    return resource;
}

function set(props: unknown, path: string, value: unknown): void {
    const keys = path.split(".");
    const last = keys.pop() ?? "";
    const node = keys.reduce(
        (inner, key) => (inner[key] ??= {}) as Record<string, unknown>,
        props as Record<string, unknown>,
    );
    if (value === undefined) Reflect.deleteProperty(node, last);
    else node[last] = value;
}
