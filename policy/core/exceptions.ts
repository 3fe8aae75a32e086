/** Exceptions of a policy: what a stack is allowed to do, with a reason and an end date. */
import { type PropertySchema } from "./rule";
import { type Subject } from "./subject";

export interface Exception {
    readonly namespace: string;
    /** Name of the object; any object in the namespace if absent. */
    readonly name?: string;
    /** Port, for policies that check ports; all ports if absent. */
    readonly port?: number;
    readonly reason: string;
    /** Last day on which the exception is valid: YYYY-MM-DD. */
    readonly until: string;
}

export interface WithExceptions {
    readonly exceptions: readonly Exception[];
}

/**
 * The schema of a list of exceptions, each with a reason and an end date.
 *
 * @param required the other properties of each
 * @param optional properties that may be absent
 */
export function exceptionList(
    description: string,
    required: Readonly<Record<string, PropertySchema>>,
    optional: Readonly<Record<string, PropertySchema>> = {},
): PropertySchema {
    return {
        type: "array",
        description,
        items: {
            type: "object",
            additionalProperties: false,
            required: [...Object.keys(required), "reason", "until"],
            properties: {
                ...required,
                ...optional,
                reason: { type: "string", minLength: 10 },
                until: {
                    type: "string",
                    pattern: "^\\d{4}-\\d{2}-\\d{2}$",
                    description: "last day on which the exception is valid",
                },
            },
        },
    };
}

export const EXCEPTIONS_SCHEMA: PropertySchema = exceptionList(
    "exceptions, each with a reason and an end date",
    {
        namespace: {
            type: "string",
            description:
                'namespace of the object; "" for cluster-scoped objects such as a ClusterRoleBinding',
        },
    },
    {
        name: {
            type: "string",
            description: "name of the object; any object in the namespace if absent",
        },
        port: {
            type: "integer",
            description: "port, for policies that check ports; all ports if absent",
        },
    },
);

/** Adds properties to the item schema of a list of objects. */
export function withItemProperties(
    schema: PropertySchema,
    properties: Readonly<Record<string, PropertySchema>>,
): PropertySchema {
    const items = schema["items"] as { readonly properties: Readonly<Record<string, PropertySchema>> };
    return { ...schema, items: { ...items, properties: { ...items.properties, ...properties } } };
}

export const NO_EXCEPTIONS: WithExceptions = { exceptions: [] };

type Expiring = Pick<Exception, "until">;

/** Whether at least one of the matching exceptions has not expired. */
export function anyInForce(exceptions: readonly Expiring[]): boolean {
    return exceptions.some(({ until }) => until >= today());
}

/** Note for a message if all matching exceptions have expired; empty otherwise. */
export function expiryNote(exceptions: readonly Expiring[]): string {
    const last = exceptions
        .map(({ until }) => until)
        .sort()
        .at(-1);
    return last === undefined || last >= today() ? "" : ` (its exception expired on ${last})`;
}

/** The exceptions that match a subject and, where one is given, a port. */
export function exceptionsFor(
    { exceptions }: WithExceptions,
    { namespace, name }: Pick<Subject, "namespace" | "name">,
    port?: number,
): readonly Exception[] {
    return exceptions.filter(
        (exception) =>
            isAbout(exception, { namespace, name }) &&
            (exception.port === undefined || exception.port === port),
    );
}

function isAbout(exception: Exception, { namespace, name }: Pick<Subject, "namespace" | "name">): boolean {
    return exception.namespace === namespace && (exception.name === undefined || exception.name === name);
}

/**
 * Whether an exception is in force for a subject. If the namespace of the subject is not known yet, only
 * exceptions that match by name leave the answer open; with no such exception the answer is false.
 * @throws UnknownField
 */
export function isExcepted(
    config: WithExceptions,
    subject: Pick<Subject, "namespace" | "name">,
    port?: number,
): boolean {
    const { exceptions } = config;
    const mayFit = exceptions.filter(({ name }) => name === undefined || name === subject.name);
    if (mayFit.length === 0) return false;
    return anyInForce(exceptionsFor({ exceptions: mayFit }, subject, port));
}

/** Note for a message if all exceptions that match a subject, for any port, have expired. */
export function expiryNoteFor(config: Partial<WithExceptions>, subject: Subject): string {
    const { exceptions = [] } = config;
    if (exceptions.length === 0 || !subject.hasKnownNamespace) return "";
    const { id, name } = subject;
    const place = id === "core/Namespace" ? { namespace: name, name } : subject;
    return expiryNote(exceptions.filter((exception) => isAbout(exception, place)));
}

function today(): string {
    return new Date().toISOString().slice(0, 10);
}
