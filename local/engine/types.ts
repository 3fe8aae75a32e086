/** What the engines take and give back. */

/** A name for the last line of progress; no line breaks, no units that change meaning. */
export type ProgressLine = (line: string) => void;

/** Which cluster, and how to reach it. */
export interface Target {
    /** The stack, as in `Pulumi.<stack>.yaml`. */
    readonly stack: string;
    /** Path of the kubeconfig. */
    readonly kubeconfig: string;
    /** The kubeconfig's context. @default its current one */
    readonly context?: string;
    /** Paths of the programs that the engines run. */
    readonly tools: { readonly helm: string };
    /** A folder for what the Pulumi CLI must remember between runs; made where it is missing. */
    readonly stateDir: string;
    /** Called with one short line whenever there is something new to say. @default nobody is told */
    readonly progress?: ProgressLine;
}

export type EngineName = "pulumi" | "in-process";

export interface DeployOptions extends Target {
    /** The stack's configuration: top-level keys without the project's prefix. */
    readonly configEntries: Readonly<Record<string, unknown>>;
    /** @default "auto": the Pulumi CLI where it can be used, the in-process engine elsewhere */
    readonly engine?: EngineName | "auto";
    /** The program. @default the checkout's index.ts */
    readonly program?: string;
    /** Seconds that all rollouts together may take once everything is applied. @default 300 */
    readonly readyTimeout?: number;
}

/** What a deployment did. Counts are of Kubernetes objects and Helm releases. */
export interface DeployReport {
    readonly engine: EngineName;
    /** Why this engine, for people. */
    readonly why: string;
    readonly created: number;
    readonly updated: number;
    readonly unchanged: number;
    readonly pruned: number;
    /** Seconds from the call to the end. */
    readonly seconds: number;
    /** What the API server warned about, each once. */
    readonly warnings: readonly string[];
}

export interface DestroyReport {
    readonly engine: EngineName;
    readonly removed: number;
    /** Seconds from the call to the end. */
    readonly seconds: number;
}

/** One object, release or part of the program that stopped a deployment. */
export interface Failure {
    /** `AuthorizationPolicy sparc/deny-all`, or another name for the thing. */
    readonly what: string;
    /** What the server or the tool said. */
    readonly message: string;
    /** What to do about it. */
    readonly remedy: string;
}

/** A deployment that did not end well. Its message lists every failure with its remedy. */
export class DeployError extends Error {
    constructor(
        summary: string,
        readonly failures: readonly Failure[],
    ) {
        super([summary, ...grouped(failures).map(describe)].join("\n"));
        this.name = "DeployError";
    }
}

/** What others wait for, and does not become ready. */
export class NotReadyError extends Error {
    readonly remedy: string;

    constructor({ message, remedy }: Failure) {
        super(message);
        this.name = "NotReadyError";
        this.remedy = remedy;
    }
}

/** One cause often stops many things: their names in one line, what it says once. */
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
