/** A change that puts an object beside the stack. */
import { type JudgedResource } from "../../../../cli/policy/protocol";
import { type Mutation } from "../model";

export function added(
    kind: string,
    apiVersion: string,
    objectKind: string,
    namespace: string,
    name: string,
    spec: object,
): Mutation {
    return addedWith(kind, apiVersion, objectKind, namespace, name, { spec });
}

/** Of a kind whose fields are not in a `spec`. */
export function addedWith(
    kind: string,
    apiVersion: string,
    objectKind: string,
    namespace: string,
    name: string,
    fields: object,
): Mutation {
    const metadata = namespace === "" ? { name } : { name, namespace };
    const resource: JudgedResource = {
        urn: `urn:pulumi:x::x::kubernetes:${apiVersion}:${objectKind}::added-${namespace}-${name}`,
        type: `kubernetes:${apiVersion}:${objectKind}`,
        name: `added-${name}`,
        properties: { apiVersion, kind: objectKind, metadata, ...fields },
    };
    const target = [namespace, objectKind, name].filter(Boolean).join("/");
    return { kind, target, names: [target], replace: new Map(), add: [resource] };
}
