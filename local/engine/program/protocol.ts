/** What the process that runs the program and the engine say to each other. */

/** A resource as the program registers it. */
export interface Registration {
    readonly type: string;
    readonly name: string;
    /** False for components. */
    readonly custom: boolean;
    /** Set when the program reads or imports something that exists. */
    readonly importId?: string;
    readonly protect: boolean;
    /** `<urn>::<id>` of the provider that applies it. */
    readonly provider?: string;
    readonly inputs: Readonly<Record<string, unknown>>;
}

/** A resource as its constructor sees it: names may still be promises, which show as undefined. */
export interface Planned {
    readonly type: string;
    readonly protect: boolean;
    readonly kind?: string;
    readonly apiVersion?: string;
    readonly namespace?: string;
    readonly name?: string;
}

export type FromProgram =
    /** The program has been imported and everything that it registers by then is known; nothing has been applied. */
    | { readonly type: "loaded"; readonly planned: readonly Planned[] }
    | { readonly type: "register"; readonly id: number; readonly resource: Registration }
    /** The program has ended and every registration was answered. */
    | { readonly type: "completed" }
    | { readonly type: "failed"; readonly message: string };

export type ToProgram =
    | {
          readonly type: "start";
          readonly program: string;
          readonly project: string;
          readonly stack: string;
          /** As `pulumi.runtime.allConfig()` is to give it. */
          readonly config: Readonly<Record<string, string>>;
          /** Answers to what the program asks its providers, by the function's token; what is not here fails. */
          readonly calls?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
      }
    /** Go on after `loaded`. */
    | { readonly type: "proceed" }
    | { readonly type: "registered"; readonly id: number; readonly state: Readonly<Record<string, unknown>> }
    | { readonly type: "refused"; readonly id: number };

/** Marks the errors in the program that follow from a refusal, which the engine reports itself. */
export const REFUSED = "refused by the in-process engine";

/** Configuration entries as the Pulumi engine hands them to a program: text as it is, anything else as JSON. */
export function engineConfig(
    project: string,
    entries: Readonly<Record<string, unknown>>,
): Record<string, string> {
    return Object.fromEntries(
        Object.entries(entries)
            .filter(([, value]) => value !== undefined)
            .map(([key, value]) => [
                `${project}:${key}`,
                typeof value === "string" ? value : JSON.stringify(value),
            ]),
    );
}
