import { parse } from "yaml";
import { UnreadableField } from "./read";

/**
 * What a text of YAML in an object holds, as Istio and Kubernetes' other Go programs read it: by YAML 1.1, in which `off`
 * and `no` are false.
 *
 * @param path of the text in the object, for messages
 * @throws UnreadableField
 */
export function parseYaml(text: string, path: string): unknown {
    try {
        return parse(text, { version: "1.1" });
    } catch (error) {
        const [reason = ""] = (error as Error).message.split("\n");
        throw new UnreadableField(path, reason.replace(/:$/, ""));
    }
}
