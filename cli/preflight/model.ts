/** What is known of a stack's surroundings before anything in them is changed. */
export interface Finding {
    readonly what: string;
    readonly verdict: "right" | "wrong" | "to come";
    readonly text: string;
    /** Of what is wrong, and of what is to come. */
    readonly remedy?: string;
}

/** What the checks ask. */
export interface Surroundings {
    /** What an AWS command prints as JSON. @throws Error with what it prints as error */
    readonly aws: (...args: string[]) => Promise<unknown>;
    /** Name servers that DNS knows of a domain; none where it is not delegated. */
    readonly nameServers: (domain: string) => Promise<readonly string[]>;
    /** @throws Error if nothing answers there */
    readonly connect: (host: string, port: number) => Promise<void>;
}

export function right(what: string, text: string): Finding {
    return { what, verdict: "right", text };
}

export function wrong(what: string, text: string, remedy: string): Finding {
    return { what, verdict: "wrong", text, remedy };
}
