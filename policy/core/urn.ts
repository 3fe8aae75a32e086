/** Pulumi's URNs: `urn:pulumi:<stack>::<project>::<parents' types>$<type>::<name>`. A name can contain `::`. */

export interface UrnParts {
    /** Without the parents' types: `kubernetes:core/v1:Service`. */
    readonly type: string;
    readonly name: string;
}

export function parseUrn(urn: string): UrnParts {
    const [, , types = "", ...name] = urn.split("::");
    return { type: types.slice(types.lastIndexOf("$") + 1), name: name.join("::") };
}

/** `Service carts`, as messages name a resource. */
export function kindAndName(urn: string): string {
    const { type, name } = parseUrn(urn);
    return `${type.slice(type.lastIndexOf(":") + 1)} ${name}`;
}

/** The provider's URN in a resource's reference to it, `<urn>::<id>`. An ID contains no `::`. */
export function urnOfReference(reference: string): string {
    return reference.slice(0, Math.max(0, reference.lastIndexOf("::")));
}
