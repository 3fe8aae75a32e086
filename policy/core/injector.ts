/**
 * istiod's ConfigMap with the templates and values of the sidecar injector:
 * `istio-sidecar-injector[-<revision>]`.
 */
import { type Fields, fields, isNonEmpty, textAt } from "./read";
import { type Subject } from "./subject";
import { parseYaml } from "./yaml";

export interface Injector {
    /** Key `config`: templates and selectors. */
    readonly config: Fields;
    /** Key `values`: the chart's values, as JSON. */
    readonly values: Fields;
}

/**
 * The injector's configuration in an object or a patch; undefined for any other object.
 * @throws UnreadableField
 */
export function injectorOf({ id, name, props }: Subject): Injector | undefined {
    if (id !== "core/ConfigMap" || !/^istio-sidecar-injector(-|$)/.test(name)) return undefined;
    const read = (key: string): Fields => {
        const text = textAt(props, "data", key) ?? "";
        return isNonEmpty(text) ? fields(parseYaml(text, `data.${key}`)) : {};
    };
    return { config: read("config"), values: read("values") };
}

/** The chart values in the injector's ConfigMap; empty for any other object. */
export function injectorValuesOf(subject: Subject): Fields {
    return injectorOf(subject)?.values ?? {};
}
