/** The provider function that ConfigFile and ConfigGroup of Pulumi's Kubernetes SDK (`yaml`, not `yaml/v2`) use to parse YAML. */
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

/** The objects of a YAML text, with lists flattened. @throws Error if it is not valid YAML */
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
    return { result: objects.map((object) => withNamespace(object, defaultNamespace)) };
}

function withNamespace(object: Decoded, namespace: string | undefined): Decoded {
    if (namespace === undefined || namespace === "" || object.metadata?.namespace !== undefined)
        return object;
    return { ...object, metadata: { ...object.metadata, namespace } };
}
