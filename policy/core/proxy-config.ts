/** The annotation with which a pod overrides the mesh's `defaultConfig`. */
import { normalized } from "./protojson";
import { type Fields } from "./read";
import { parseYaml } from "./yaml";

export const PROXY_CONFIG = "proxy.istio.io/config";

/**
 * @param annotation the annotation's text: YAML or JSON
 * @param path of the annotation in the object, for messages
 * @throws UnreadableField
 */
export function parseProxyConfig(annotation: string, path: string): Fields {
    return normalized(parseYaml(annotation, path) ?? {}, "ProxyConfig");
}
