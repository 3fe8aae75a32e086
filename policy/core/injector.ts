/** istiod's ConfigMap with the templates and values of its sidecar injector: `istio-sidecar-injector[-<revision>]`. */
import { type Fields, fields, says, textAt } from "./read";
import { type Subject } from "./subject";
import { parseYaml } from "./yaml";

export interface Injector {
    /** Key `config`: templates and selectors. */
    readonly config: Fields;
    /** Key `values`: the chart's values, as JSON. */
    readonly values: Fields;
}

/** What an object or a patch says of the injector; undefined where it is something else. @throws UnreadableField */
export function injectorOf({ id, name, props }: Subject): Injector | undefined {
    if (id !== "core/ConfigMap" || !/^istio-sidecar-injector(-|$)/.test(name)) return undefined;
    const read = (key: string): Fields => {
        const text = textAt(props, "data", key) ?? "";
        return says(text) ? fields(parseYaml(text, `data.${key}`)) : {};
    };
    return { config: read("config"), values: read("values") };
}

/** The chart's values that the injector's ConfigMap holds; none of anything else. */
export function injectorValuesOf(subject: Subject): Fields {
    return injectorOf(subject)?.values ?? {};
}
