/** A change that adds an object to the stack. */
import { type EvaluatedResource } from "../../../../cli/policy/protocol";
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

/** The same for a kind without a `spec`. */
export function addedWith(
    kind: string,
    apiVersion: string,
    objectKind: string,
    namespace: string,
    name: string,
    fields: object,
): Mutation {
    const metadata = namespace === "" ? { name } : { name, namespace };
    const resource: EvaluatedResource = {
        urn: `urn:pulumi:x::x::kubernetes:${apiVersion}:${objectKind}::added-${namespace}-${name}`,
        type: `kubernetes:${apiVersion}:${objectKind}`,
        name: `added-${name}`,
        properties: { apiVersion, kind: objectKind, metadata, ...fields },
    };
    const target = [namespace, objectKind, name].filter(Boolean).join("/");
    return { kind, target, names: [target], replace: new Map(), add: [resource] };
}
