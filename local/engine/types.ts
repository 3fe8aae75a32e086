/** Inputs and results of the engines. */

/** Reports progress: one line, without line breaks. */
export type ProgressLine = (line: string) => void;

/** A stack and its cluster. */
export interface StackTarget {
    /** The stack, as in `Pulumi.<stack>.yaml`. */
    readonly stack: string;
    /** The path of the kubeconfig. */
    readonly kubeconfig: string;
    /** The kubeconfig's context. @default the current context */
    readonly context?: string;
    /** Paths of the programs that the engines run. */
    readonly tools: { readonly helm: string };
    /** The folder of the Pulumi CLI's state; created if missing. */
    readonly stateDir: string;
    /** Called with one short line on progress. @default no reports */
    readonly progress?: ProgressLine;
}

export type EngineName = "pulumi" | "in-process";

export interface DeployOptions extends StackTarget {
    /** The stack's configuration: top-level keys without the project's prefix. */
    readonly configEntries: Readonly<Record<string, unknown>>;
    /** @default "auto": the Pulumi CLI if it is available, otherwise the in-process engine */
    readonly engine?: EngineName | "auto";
    /** The program. @default the checkout's index.ts */
    readonly program?: string;
    /** The timeout of all rollouts together after everything is applied, in seconds. @default 300 */
    readonly readyTimeout?: number;
}

/** The result of a deployment. Counts Kubernetes objects and Helm releases. */
export interface DeployReport {
    readonly engine: EngineName;
    /** The reason for this engine, for people. */
    readonly why: string;
    readonly created: number;
    readonly updated: number;
    readonly unchanged: number;
    readonly pruned: number;
    /** Seconds from the call to the end. */
    readonly seconds: number;
    /** The API server's warnings, without duplicates. */
    readonly warnings: readonly string[];
}

export interface DestroyReport {
    readonly engine: EngineName;
    readonly removed: number;
    /** Seconds from the call to the end. */
    readonly seconds: number;
}

/** A failure of one object, release or part of the program. */
export interface Failure {
    /** What failed, such as `AuthorizationPolicy sparc/deny-all`. */
    readonly what: string;
    /** The message of the server or tool. */
    readonly message: string;
    /** How to fix it. */
    readonly remedy: string;
}

/** A failed deployment. The message lists every failure with its remedy. */
export class DeployError extends Error {
    constructor(
        summary: string,
        readonly failures: readonly Failure[],
    ) {
        super([summary, ...grouped(failures).map(describe)].join("\n"));
        this.name = "DeployError";
    }
}

/** An object that dependents wait for did not become ready. */
export class NotReadyError extends Error {
    readonly remedy: string;

    constructor({ message, remedy }: Failure) {
        super(message);
        this.name = "NotReadyError";
        this.remedy = remedy;
    }
}

/** Groups failures with the same cause: the names on one line, the message once. */
function grouped(failures: readonly Failure[]): Failure[] {
    const groups = new Map<string, Failure>();
    for (const failure of failures) {
        const key = JSON.stringify([failure.message, failure.remedy]);
        const same = groups.get(key);
        groups.set(key, same === undefined ? failure : { ...same, what: `${same.what}, ${failure.what}` });
    }
    return [...groups.values()];
}

function describe({ what, message, remedy }: Failure): string {
    return `  - ${what}: ${message.trim().replace(/\n/g, "\n    ")}\n    → ${remedy}`;
}
