/**
 * Runs the Pulumi program in a separate process, because Pulumi's runtime is global and index.ts runs on import.
 * Forked by `program/host.ts`, which responds to each registration; this process has no side effects.
 */
import { createRequire } from "node:module";
import { resolve } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { type FromProgram, REJECTED, type Registration, type ToProgram } from "./program/protocol";
import { RELEASE, childName, releaseInputs } from "./packaged";
import { type Details, interceptMonitor } from "./program/monitor";
import { Recorder } from "./program/recorder";
import { skipUnusedWork } from "./program/skip-unused";
import { structOf } from "./program/struct";
import { ResourceTransforms } from "./program/transforms";
import { decodeYaml, DECODE } from "./program/yaml";

type Start = Extract<ToProgram, { type: "start" }>;

/** What a program's module exports. */
type Exported = Record<string, unknown> | (() => Record<string, unknown> | Promise<Record<string, unknown>>);

/** The program logged an error, after which the Pulumi CLI fails too. */
class ProgramLoggedError extends Error {
    constructor() {
        super("it logged an error (pulumi.log.error)");
        this.name = "ProgramLoggedError";
    }
}

/** The program constructed resources that it never registered. */
class UnregisteredError extends Error {
    constructor(keys: readonly string[]) {
        const names = keys.map((key) => key.split("::").join(" ")).slice(0, MAX_NAMED);
        const more = keys.length > names.length ? ` and ${keys.length - names.length} more` : "";
        super(
            `it ended without registering ${names.join(", ")}${more}: an input or a dependency never resolves`,
        );
        this.name = "UnregisteredError";
    }
}

/** How many resources an error message names. */
const MAX_NAMED = 5;

/** After a rejected registration, the program has ended if it registers nothing for this time, in milliseconds. */
const IDLE_MS = 300;

/** Errors that are reported with their stack trace. */
const PROGRAMMING_ERRORS: ReadonlySet<string> = new Set([
    "Error",
    "RangeError",
    "ReferenceError",
    "TypeError",
]);

let registrations = 0;
/** Aborted when a registration is rejected. */
const rejection = new AbortController();
const waiting = new Map<number, (answer: ToProgram) => void>();
let proceed: () => void;
const mayProceed = new Promise<void>((resolvePromise) => (proceed = resolvePromise));
const recorder = new Recorder();
const transforms = new ResourceTransforms();
/** Errors that the program did not catch. */
const uncaught: unknown[] = [];

function send(message: FromProgram): void {
    process.send?.(message);
}

async function register(
    args: pulumi.runtime.MockResourceArgs,
    { urn, protect, dependencies, sources }: Details,
): Promise<pulumi.runtime.MockResourceResult> {
    const id = registrations++;
    // Apply nothing before the whole program has been imported, so that a program that throws changes nothing.
    await mayProceed;
    const { type, name } = args;
    const inputs = unwrapSecrets(args.inputs) as Record<string, unknown>;
    const resource: Registration = {
        urn,
        type,
        name,
        custom: args.custom ?? false,
        ...(args.id === undefined || args.id === "" ? {} : { importId: args.id }),
        protect,
        ...(args.provider === undefined || args.provider === "" ? {} : { provider: args.provider }),
        inputs,
        ...(await packagedOf({ type, name, inputs, urn })),
        dependencies,
        sources,
    };
    const answer = await answerTo(id, resource);
    if (answer.type !== "registered") {
        rejection.abort();
        throw new Error(REJECTED);
    }
    return { id: `${type}/${name}`, state: { ...inputs, ...answer.state } };
}

async function answerTo(id: number, resource: Registration): Promise<ToProgram> {
    // The channel keeps the process alive only as long as the engine owes an answer.
    process.channel?.ref();
    const answer = await new Promise<ToProgram>((resolvePromise) => {
        waiting.set(id, resolvePromise);
        send({ type: "register", id, resource });
    });
    waiting.delete(id);
    if (waiting.size === 0) process.channel?.unref();
    return answer;
}

/** The inputs of the release that a packaged component registers: the engine transforms it as the component's child. */
async function packagedOf({
    type,
    name,
    inputs,
    urn,
}: Pick<Registration, "type" | "name" | "inputs" | "urn">): Promise<Pick<Registration, "packaged">> {
    const release = type === RELEASE ? undefined : releaseInputs({ type, inputs });
    if (release === undefined) return {};
    const child = { type: RELEASE, name: childName(name), custom: true, parent: urn };
    const packaged = await transforms.ofChild(child, structOf(release));
    return { packaged: unwrapSecrets(packaged.toJavaScript()) as Record<string, unknown> };
}

/** Removes the wrappers of secrets from inputs. */
function unwrapSecrets(value: unknown): unknown {
    if (pulumi.runtime.isRpcSecret(value)) return unwrapSecrets(pulumi.runtime.unwrapRpcSecret(value));
    if (Array.isArray(value)) return value.map(unwrapSecrets);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, unwrapSecrets(item)]));
}

async function run({ program, project, stack, config, calls }: Start): Promise<void> {
    skipUnusedWork();
    interceptMonitor({
        project,
        stack,
        transforms,
        begun: (urn) => {
            recorder.begin(urn);
        },
        failed: (error) => {
            uncaught.push(error);
            rejection.abort();
        },
        unsupported: (error) => uncaught.push(error),
    });
    await pulumi.runtime.setMocks(
        {
            newResource: register as pulumi.runtime.Mocks["newResource"],
            call: ({ token, inputs }) => {
                const answer = token === DECODE ? decodeYaml(inputs as object) : calls?.[token];
                if (answer !== undefined) return answer;
                const error = new Error(
                    `the in-process engine cannot call ${token}; deploy with the Pulumi CLI`,
                );
                // Pulumi drops its message.
                uncaught.push(error);
                throw error;
            },
        },
        project,
        stack,
        false,
    );
    pulumi.runtime.setAllConfig(config);
    const emptied = loopEmptied();
    const ended = pulumi.runtime.runInPulumiStack(() => {
        pulumi.runtime.registerStackTransformation((args) => {
            recorder.record(args);
            return undefined;
        });
        // Not `import()`, which bypasses ts-node.
        const exported = createRequire(__filename)(resolve(program)) as Exported;
        // As the Pulumi CLI does: a program can export a function, which can be asynchronous.
        const outputs = typeof exported === "function" ? exported() : exported;
        send({ type: "loaded", planned: recorder.planned });
        return Promise.resolve(outputs).then((values) => ({ ...values }));
    });
    await Promise.race([ended.then(quiet), idleAfterRejection(), emptied]);
    assertComplete();
    send({ type: "completed" });
}

/** @throws an error that the program did not catch, or an Error if it did not register all of its resources */
function assertComplete(): void {
    const errors = uncaught.filter((error) => !String(error).includes(REJECTED));
    if (errors.length > 0) throw errors[0];
    // The engine reports rejections itself.
    if (rejection.signal.aborted) return;
    if (pulumi.log.hasErrors()) throw new ProgramLoggedError();
    const missing = recorder.unregistered();
    if (missing.length > 0) throw new UnregisteredError(missing);
}

/** Resolves when every registration has been answered and the last answers caused no further ones. */
async function quiet(): Promise<void> {
    for (let seen = -1; seen !== registrations;) {
        seen = registrations;
        await pulumi.runtime.disconnect();
        // Unhandled rejections are reported after the current turn of the event loop.
        await new Promise(setImmediate);
    }
}

/**
 * Resolves when a registration was rejected and nothing has been in progress for a while. After a rejection, Pulumi's wait
 * never ends: a component that depends on the rejected resource gets no URN, for which its children wait.
 */
async function idleAfterRejection(): Promise<void> {
    if (!rejection.signal.aborted)
        await new Promise((resolvePromise) => {
            rejection.signal.addEventListener("abort", resolvePromise, { once: true });
        });
    for (let quietSince = Date.now(); Date.now() - quietSince < IDLE_MS;) {
        await new Promise((resolvePromise) => setTimeout(resolvePromise, 20));
        if (waiting.size > 0) quietSince = Date.now();
    }
}

/** Resolves when nothing can happen any more: resources whose inputs or dependencies never resolve are not registered. */
function loopEmptied(): Promise<void> {
    return new Promise((resolvePromise) =>
        process.once("beforeExit", () => {
            resolvePromise();
        }),
    );
}

process.on("unhandledRejection", (error) => uncaught.push(error));
// The engine has exited, so registrations would never be answered.
process.on("disconnect", () => process.exit(1));
process.on("message", (message: ToProgram) => {
    switch (message.type) {
        case "start":
            run(message)
                .catch((error: unknown) => {
                    const withOutput = error instanceof ProgramLoggedError;
                    send({ type: "failed", message: describe(error), withOutput });
                })
                // Otherwise the process would exit before the engine has read the message.
                .finally(() => process.channel?.ref());
            break;
        case "proceed":
            proceed();
            break;
        case "registered":
        case "rejected":
            waiting.get(message.id)?.(message);
            break;
    }
});

/** The message of an error for people; with the stack trace for programming errors. */
function describe(error: unknown): string {
    if (!(error instanceof Error)) return String(error);
    if (!PROGRAMMING_ERRORS.has(error.name)) return error.message;
    const frames = (error.stack ?? "").split("\n").filter((line) => /^ +at /.test(line));
    const projectFrames = frames.filter(
        (line) => !/node:|\(<anonymous>\)|\/node_modules\/|run-program/.test(line),
    );
    return [`${error.name}: ${error.message}`, ...projectFrames].join("\n");
}
