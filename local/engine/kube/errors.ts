/** What can go wrong between us and the API server. */

/** The part of a Kubernetes `Status` that we read. */
interface Status {
    readonly message?: string;
    readonly reason?: string;
    readonly details?: { readonly kind?: string; readonly name?: string };
}

/** The API server's refusal. The message is the server's own. */
export class ApiError extends Error {
    /** The server's word for the case, such as `Forbidden`; empty where it gave none. */
    readonly reason: string;
    /** What kind of thing the refusal is about, in its plural; empty where the server did not say. */
    readonly about: string;

    constructor(
        /** The HTTP status code. */
        readonly status: number,
        body: string,
        request: string,
    ) {
        const parsed = parseStatus(body);
        super(parsed.message ?? `${request} was answered with ${status} ${body.slice(0, 300)}`);
        this.name = "ApiError";
        this.reason = parsed.reason ?? "";
        this.about = parsed.details?.kind ?? "";
    }
}

/** No answer from the API server. */
export class UnreachableError extends Error {
    constructor(server: string, cause: NodeJS.ErrnoException) {
        super(`${server} does not answer: ${cause.code ?? cause.message}`, { cause });
        this.name = "UnreachableError";
    }
}

/** The server serves no such kind, or not yet. */
export class NotServedError extends Error {
    constructor(apiVersion: string, kind: string) {
        super(`the cluster serves no ${kind} in ${apiVersion}`);
        this.name = "NotServedError";
    }
}

/** The object is there, and neither this program nor a person in its name put it there. */
export class ForeignObjectError extends Error {
    constructor() {
        super("it exists already, and this program has not made it");
        this.name = "ForeignObjectError";
    }
}

/** The object that was to be applied is on its way out. */
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
