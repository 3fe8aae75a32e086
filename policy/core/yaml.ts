import { parse } from "yaml";
import { UnreadableField } from "./read";

/** Parsed texts, cached by text: the rules parse the same few texts repeatedly and do not change the result. */
const known = new Map<string, unknown>();

/**
 * Parses YAML in a text field as Istio and other Go programs of Kubernetes do: with YAML 1.1, in which `off`
 * and `no` are false.
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
