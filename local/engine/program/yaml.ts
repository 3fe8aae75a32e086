/** The function by which ConfigFile and ConfigGroup of Pulumi's Kubernetes SDK (`yaml`, not `yaml/v2`) read YAML. */
import { parseAllDocuments } from "yaml";

export const DECODE = "kubernetes:yaml:decode";

interface Inputs {
    readonly text?: string;
    readonly defaultNamespace?: string;
}

interface Decoded {
    readonly kind?: string;
    readonly items?: readonly Decoded[];
    readonly metadata?: { readonly namespace?: string };
}

/** Objects of a YAML text, those of lists each by itself. @throws Error where it is no YAML */
export function decodeYaml({ text = "", defaultNamespace }: Inputs): { readonly result: readonly Decoded[] } {
    const documents = parseAllDocuments(text);
    const objects = documents.flatMap((document): Decoded[] => {
        const [error] = document.errors;
        if (error !== undefined) throw error;
        const object = document.toJS() as Decoded | null;
        if (object === null) return [];
        return object.kind?.endsWith("List") === true && object.items !== undefined
            ? [...object.items]
            : [object];
    });
    return { result: objects.map((object) => placed(object, defaultNamespace)) };
}

function placed(object: Decoded, namespace: string | undefined): Decoded {
    if (namespace === undefined || namespace === "" || object.metadata?.namespace !== undefined)
        return object;
    return { ...object, metadata: { ...object.metadata, namespace } };
}
