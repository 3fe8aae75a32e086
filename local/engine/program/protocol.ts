/** The messages between the engine and the process that runs the program. */

/** A resource as the program registers it. */
export interface Registration {
    /** As in the Pulumi engine: `urn:pulumi:<stack>::<project>::<types of its parents>$<type>::<name>`. */
    readonly urn: string;
    readonly type: string;
    readonly name: string;
    /** False for components. */
    readonly custom: boolean;
    /** Set if the program reads or imports an existing resource. */
    readonly importId?: string;
    readonly protect: boolean;
    /** `<urn>::<id>` of its provider. */
    readonly provider?: string;
    readonly inputs: Readonly<Record<string, unknown>>;
    /** Inputs of the Helm release that a packaged component registers in its provider's process, after transforms. */
    readonly packaged?: Readonly<Record<string, unknown>>;
    /** URNs of the resources that must outlive it: its parent, its provider, `dependsOn`, `deletedWith`, and those that its inputs come from. */
    readonly dependencies: readonly string[];
    /** URNs of the resources that an input's value comes from, by input. */
    readonly sources?: Readonly<Record<string, readonly string[]>>;
}

/** A resource at construction: names that are still promises are undefined. */
export interface Planned {
    readonly type: string;
    readonly protect: boolean;
    readonly kind?: string;
    readonly apiVersion?: string;
    readonly namespace?: string;
    readonly name?: string;
}

export type FromProgram =
    /** The program has been imported, and the resources that it created are known; nothing has been applied. */
    | { readonly type: "loaded"; readonly planned: readonly Planned[] }
    | { readonly type: "register"; readonly id: number; readonly resource: Registration }
    /** The program has ended, and every registration has been answered. */
    | { readonly type: "completed" }
    /** `withOutput` if what the program printed explains the failure. */
    | { readonly type: "failed"; readonly message: string; readonly withOutput: boolean };

export type ToProgram =
    | {
          readonly type: "start";
          readonly program: string;
          readonly project: string;
          readonly stack: string;
          /** The result of `pulumi.runtime.allConfig()`. */
          readonly config: Readonly<Record<string, string>>;
          /** Results of provider functions (invokes), by the function's token; others fail. */
          readonly calls?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
      }
    /** Continue after `loaded`. */
    | { readonly type: "proceed" }
    | { readonly type: "registered"; readonly id: number; readonly state: Readonly<Record<string, unknown>> }
    | { readonly type: "rejected"; readonly id: number };

/** Marks errors in the program that follow from a rejected registration, which the engine reports itself. */
export const REJECTED = "rejected by the in-process engine";

/** Configuration entries as the Pulumi engine passes them to a program: text unchanged, other values as JSON. */
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
