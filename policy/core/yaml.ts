import { parse } from "yaml";
import { UnreadableField } from "./read";

/** What texts hold, by text: the rules ask for the same few again and again, and change nothing of the answer. */
const known = new Map<string, unknown>();

/**
 * What a text of YAML in an object holds, as Istio and Kubernetes' other Go programs read it: by YAML 1.1, in which `off`
 * and `no` are false.
 *
 * @param path of the text in the object, for messages
 * @throws UnreadableField
 */
export function parseYaml(text: string, path: string): unknown {
    if (known.has(text)) return known.get(text);
    try {
        const value: unknown = parse(text, { version: "1.1" });
        known.set(text, value);
        return value;
    } catch (error) {
        const [reason = ""] = (error as Error).message.split("\n");
        throw new UnreadableField(path, reason.replace(/:$/, ""));
    }
}
