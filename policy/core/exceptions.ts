/** What a stack may do although a policy says otherwise: by whom, why and until when. */
import { type PropertySchema } from "./rule";
import { type Subject } from "./subject";

export interface Exception {
    readonly namespace: string;
    /** Of the object; any in the namespace where absent. */
    readonly name?: string;
    /** Where the policy judges ports; all of them where absent. */
    readonly port?: number;
    readonly reason: string;
    /** The last day that it holds: YYYY-MM-DD. */
    readonly until: string;
}

export interface WithExceptions {
    readonly exceptions: readonly Exception[];
}

export const EXCEPTION_FIELDS: Readonly<Record<string, PropertySchema>> = {
    reason: { type: "string", minLength: 10 },
    until: { type: "string", pattern: "^\\d{4}-\\d{2}-\\d{2}$", description: "the last day that it holds" },
};

export const EXCEPTIONS_SCHEMA: PropertySchema = {
    type: "array",
    description: "what may be otherwise, each with a reason and its last day",
    items: {
        type: "object",
        additionalProperties: false,
        required: ["namespace", "reason", "until"],
        properties: {
            namespace: {
                type: "string",
                description: '"" for what is in none, such as a ClusterRoleBinding',
            },
            name: { type: "string", description: "of the object; any in the namespace where absent" },
            port: { type: "integer", description: "where ports are judged; any where absent" },
            ...EXCEPTION_FIELDS,
        },
    },
};

/** The schema of a list of objects with more properties of each. */
export function withItemProperties(
    schema: PropertySchema,
    properties: Readonly<Record<string, PropertySchema>>,
): PropertySchema {
    const items = schema["items"] as { readonly properties: Readonly<Record<string, PropertySchema>> };
    return { ...schema, items: { ...items, properties: { ...items.properties, ...properties } } };
}

export const NO_EXCEPTIONS: WithExceptions = { exceptions: [] };

type Terms = Pick<Exception, "until">;

/** Whether one of `exceptions` that fits still holds. */
export function holds(exceptions: readonly Terms[]): boolean {
    return exceptions.some(({ until }) => until >= today());
}

/** What to say of exceptions that fit and have ended. */
export function ended(exceptions: readonly Terms[]): string {
    const last = exceptions
        .map(({ until }) => until)
        .sort()
        .at(-1);
    return last === undefined || last >= today() ? "" : ` (an exception for it ended on ${last})`;
}

/** Those that are about this subject, and this port where one is given. */
export function about(
    { exceptions }: WithExceptions,
    { namespace, name }: Pick<Subject, "namespace" | "name">,
    port?: number,
): readonly Exception[] {
    return exceptions.filter(
        (exception) =>
            isOf(exception, { namespace, name }) && (exception.port === undefined || exception.port === port),
    );
}

function isOf(exception: Exception, { namespace, name }: Pick<Subject, "namespace" | "name">): boolean {
    return exception.namespace === namespace && (exception.name === undefined || exception.name === name);
}

/**
 * Whether an exception holds for a subject. Of one whose namespace nobody knows yet, only an exception that may fit by its
 * name is in doubt: any other says no, whatever the namespace will be.
 *
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
    return holds(about({ exceptions: mayFit }, subject, port));
}

/** What to say of the exceptions of a policy's configuration that fit a subject, whatever the port, and have all ended. */
export function endedFor(config: Partial<WithExceptions>, subject: Subject): string {
    const { exceptions = [] } = config;
    if (exceptions.length === 0 || !subject.isPlaced) return "";
    const { id, name } = subject;
    const place = id === "core/Namespace" ? { namespace: name, name } : subject;
    return ended(exceptions.filter((exception) => isOf(exception, place)));
}

function today(): string {
    return new Date().toISOString().slice(0, 10);
}
