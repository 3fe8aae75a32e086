/** Errors of requests to the API server. */

/** The fields of a Kubernetes `Status` that are used. */
interface Status {
    readonly message?: string;
    readonly reason?: string;
    readonly details?: { readonly kind?: string; readonly name?: string };
}

/** An error response of the API server, with the server's message. */
export class ApiError extends Error {
    /** The server's reason, such as `Forbidden`; empty if it is missing. */
    readonly reason: string;
    /** The resource that the error is about, such as `namespaces`; empty if it is missing. */
    readonly about: string;

    constructor(
        /** The HTTP status code. */
        readonly status: number,
        body: string,
        request: string,
    ) {
        const parsed = parseStatus(body);
        super(parsed.message ?? `${request} returned ${status} ${body.slice(0, 300)}`);
        this.name = "ApiError";
        this.reason = parsed.reason ?? "";
        this.about = parsed.details?.kind ?? "";
    }
}

/** The API server did not respond. */
export class UnreachableError extends Error {
    constructor(server: string, cause: NodeJS.ErrnoException) {
        super(`${server} does not respond: ${cause.code ?? cause.message}`, { cause });
        this.name = "UnreachableError";
    }
}

/** The server does not serve the kind, or not yet. */
export class NotServedError extends Error {
    constructor(apiVersion: string, kind: string) {
        super(`the cluster does not serve the kind ${kind} of ${apiVersion}`);
        this.name = "NotServedError";
    }
}

/** The object exists, and this engine neither created nor adopted it. */
export class ForeignObjectError extends Error {
    constructor() {
        super("it already exists, and this engine did not create it");
        this.name = "ForeignObjectError";
    }
}

/** The object that a patch changes does not exist. */
export class MissingTargetError extends Error {
    constructor() {
        super("there is no such object to patch");
        this.name = "MissingTargetError";
    }
}

/** The object that a patch changes is one that this engine deployed. */
export class ProgramTargetError extends Error {
    constructor() {
        super("the program deployed this object itself, so it cannot patch it as another tool's");
        this.name = "ProgramTargetError";
    }
}

/** Another field manager owns a patch's field, with another value. */
export class FieldConflictError extends Error {
    constructor(message: string) {
        super(message);
        this.name = "FieldConflictError";
    }
}

/** Another stack has deployed the object to this cluster. */
export class ClaimedError extends Error {
    constructor(stack: string) {
        super(`it belongs to stack "${stack}", which is deployed to this cluster too`);
        this.name = "ClaimedError";
    }
}

/** The object to apply is being deleted. */
export class BeingDeletedError extends Error {
    constructor() {
        super("it is still being deleted");
        this.name = "BeingDeletedError";
    }
}

function parseStatus(body: string): Status {
    try {
        return JSON.parse(body) as Status;
    } catch {
        return {};
    }
}
