/** Runs the Pulumi program in a child process. */
import { type ChildProcess, fork } from "node:child_process";
import { createRequire } from "node:module";
import { join } from "node:path";
import { type FromProgram, type Planned, type Registration, type ToProgram } from "./protocol";

export interface Start {
    /** The path of the program's file. */
    readonly program: string;
    readonly project: string;
    readonly stack: string;
    readonly config: Readonly<Record<string, string>>;
    /** Results of provider functions (invokes), by the function's token. @default none */
    readonly calls?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** A program that registers resources. */
export interface Program {
    /** Imports the program; resolves with the planned resources. Rejects if the program throws. */
    load(): Promise<readonly Planned[]>;
    /**
     * Continues after `load`. Calls `register` for each resource once its dependencies are registered; the state that it
     * resolves with becomes the resource's outputs. If it rejects, dependents are never registered; all others are.
     */
    run(register: (resource: Registration) => Promise<Record<string, unknown>>): Promise<void>;
    /** Kills its process. */
    stop(): void;
}

/** The program threw an error, or its process exited early. */
export class ProgramError extends Error {
    constructor(message: string) {
        super(message);
        this.name = "ProgramError";
    }
}

/** How many characters of the program's output an error message contains. */
const MAX_OUTPUT_CHARS = 4000;

/** Starts a process that immediately loads the program. */
export function startProgram(start: Start): Program {
    const child = fork(join(__dirname, "..", "run-program.ts"), [], {
        // Resolved from here, independent of the working directory.
        execArgv: [
            // Hundreds of resources stay alive until they are registered: a larger young generation avoids copying them.
            "--max-semi-space-size=64",
            ...["--require", createRequire(__filename).resolve("ts-node/register/transpile-only")],
        ],
        stdio: ["ignore", "pipe", "pipe", "ipc"],
    });
    return new ForkedProgram(child, start);
}

class ForkedProgram implements Program {
    private register: ((resource: Registration) => Promise<Record<string, unknown>>) | undefined;
    private readonly loaded: Promise<readonly Planned[]>;
    private readonly completed: Promise<void>;
    private output = "";

    constructor(
        private readonly child: ChildProcess,
        start: Start,
    ) {
        const keep = (chunk: Buffer): void => {
            this.output = (this.output + chunk.toString()).slice(-MAX_OUTPUT_CHARS);
        };
        child.stdout?.on("data", keep);
        child.stderr?.on("data", keep);
        const failed = new Promise<never>((_resolve, reject) => {
            child.on("error", reject);
            child.on("exit", (code, signal) => {
                reject(new ProgramError(`its process exited with ${code ?? signal}\n${this.output}`));
            });
            this.on("failed", ({ message, withOutput }) => {
                reject(new ProgramError(withOutput ? `${message}\n${this.output}` : message));
            });
        });
        this.loaded = Promise.race([this.once("loaded").then(({ planned }) => planned), failed]);
        this.completed = Promise.race([this.once("completed").then(() => undefined), failed]);
        // A caller that does not await one of them must not crash by an unhandled rejection.
        this.loaded.catch(() => undefined);
        this.completed.catch(() => undefined);
        this.on("register", ({ id, resource }) => void this.answer(id, resource));
        this.send({ type: "start", ...start });
    }

    load(): Promise<readonly Planned[]> {
        return this.loaded;
    }

    async run(register: (resource: Registration) => Promise<Record<string, unknown>>): Promise<void> {
        this.register = register;
        this.send({ type: "proceed" });
        await this.completed;
    }

    stop(): void {
        this.child.kill("SIGKILL");
    }

    private async answer(id: number, resource: Registration): Promise<void> {
        try {
            if (this.register === undefined)
                throw new Error("a resource was registered before the program ran");
            this.send({ type: "registered", id, state: await this.register(resource) });
        } catch {
            this.send({ type: "rejected", id });
        }
    }

    private send(message: ToProgram): void {
        // If the process has exited, `completed` rejects.
        if (this.child.connected) this.child.send(message, () => undefined);
    }

    private on<Type extends FromProgram["type"]>(
        type: Type,
        listener: (message: Extract<FromProgram, { type: Type }>) => void,
    ): void {
        this.child.on("message", (message: FromProgram) => {
            if (message.type === type) listener(message as Extract<FromProgram, { type: Type }>);
        });
    }

    private once<Type extends FromProgram["type"]>(
        type: Type,
    ): Promise<Extract<FromProgram, { type: Type }>> {
        return new Promise((resolve) => {
            this.on(type, resolve);
        });
    }
}
