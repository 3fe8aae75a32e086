import { parse } from "yaml";
import { UnreadableField } from "./read";

/**
 * What a text of YAML in an object holds.
 *
 * @param path of the text in the object, for messages
 * @throws UnreadableField
 */
export function parseYaml(text: string, path: string): unknown {
    try {
        return parse(text);
    } catch (error) {
        const [reason = ""] = (error as Error).message.split("\n");
        throw new UnreadableField(path, reason.replace(/:$/, ""));
    }
}
