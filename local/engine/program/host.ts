/** The engine's end of a program that runs in another process. */
import { type ChildProcess, fork } from "node:child_process";
import { createRequire } from "node:module";
import { join } from "node:path";
import { type FromProgram, type Planned, type Registration, type ToProgram } from "./protocol";

export interface Start {
    /** Path of the program's file. */
    readonly program: string;
    readonly project: string;
    readonly stack: string;
    readonly config: Readonly<Record<string, string>>;
    /** Answers to what the program asks its providers, by the function's token. @default none */
    readonly calls?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** A program that registers resources. */
export interface Program {
    /** Imports it; resolves with what it is going to register. Rejects when it throws. */
    load(): Promise<readonly Planned[]>;
    /**
     * Lets it go on after `load`. `register` is called for each resource when all that it depends on is there; the
     * state that it resolves with is what the program sees as the resource's outputs. Where it rejects, dependants
     * are never registered, and the rest goes on.
     */
    run(register: (resource: Registration) => Promise<Record<string, unknown>>): Promise<void>;
    /** Ends its process, wherever it is. */
    stop(): void;
}

/** The program threw, or its process ended before its time. */
export class ProgramError extends Error {
    constructor(message: string) {
        super(message);
        this.name = "ProgramError";
    }
}

/** How many characters of what the program printed are kept for an error's message. */
const OUTPUT_KEPT = 4000;

/** Starts a process for the program; it begins to load at once. */
export function startProgram(start: Start): Program {
    const child = fork(join(__dirname, "..", "run-program.ts"), [], {
        // Found from here, so that it does not matter where the caller stands.
        execArgv: [
            // Hundreds of resources live until they are registered: a larger nursery spares copying them about.
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
            this.output = (this.output + chunk.toString()).slice(-OUTPUT_KEPT);
        };
        child.stdout?.on("data", keep);
        child.stderr?.on("data", keep);
        const failed = new Promise<never>((_resolve, reject) => {
            child.on("error", reject);
            child.on("exit", (code, signal) => {
                reject(new ProgramError(`its process ended with ${code ?? signal}\n${this.output}`));
            });
            this.on("failed", ({ message }) => {
                reject(new ProgramError(message));
            });
        });
        this.loaded = Promise.race([this.once("loaded").then(({ planned }) => planned), failed]);
        this.completed = Promise.race([this.once("completed").then(() => undefined), failed]);
        // Whoever does not wait for one of them is not to be killed by it.
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
            this.send({ type: "refused", id });
        }
    }

    private send(message: ToProgram): void {
        // A process that has ended shows in `completed`.
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
