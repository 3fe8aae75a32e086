/**
 * Runs the Pulumi program in a process of its own: Pulumi's runtime is global, and index.ts runs when it is imported.
 * Forked by `program/host.ts`, which answers each registration; this process touches nothing but its memory.
 */
import { createRequire } from "node:module";
import { resolve } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { type FromProgram, REFUSED, type Registration, type ToProgram } from "./program/protocol";
import { Recorder } from "./program/recorder";
import { ResourceTransforms } from "./program/transforms";
import { spareUnread } from "./program/unread";
import { decodeYaml, DECODE } from "./program/yaml";

type Start = Extract<ToProgram, { type: "start" }>;

/** Milliseconds without a registration after which the program, with something refused, has nothing more to say. */
const IDLE = 300;

/** Errors that say something only together with where they were thrown. */
const PROGRAMMING_ERRORS: ReadonlySet<string> = new Set([
    "Error",
    "RangeError",
    "ReferenceError",
    "TypeError",
]);

let registrations = 0;
let refused = false;
const waiting = new Map<number, (answer: ToProgram) => void>();
let proceed: () => void;
const mayProceed = new Promise<void>((resolvePromise) => (proceed = resolvePromise));
const recorder = new Recorder();
const transforms = new ResourceTransforms();
/** Errors of the program's own that nothing in it has caught. */
const uncaught: unknown[] = [];

function send(message: FromProgram): void {
    process.send?.(message);
}

async function newResource(
    args: pulumi.runtime.MockResourceArgs,
): Promise<pulumi.runtime.MockResourceResult> {
    // Nothing is applied before the whole program has been imported: one that throws halfway changes nothing.
    await mayProceed;
    const id = registrations++;
    const custom = args.custom ?? false;
    const inputs = await transforms.applied(
        { type: args.type, name: args.name, custom },
        plain(args.inputs) as Record<string, unknown>,
    );
    const resource: Registration = {
        type: args.type,
        name: args.name,
        custom,
        ...(args.id === undefined || args.id === "" ? {} : { importId: args.id }),
        protect: recorder.isProtected(args.type, args.name),
        ...(args.provider === undefined || args.provider === "" ? {} : { provider: args.provider }),
        inputs: plain(inputs) as Record<string, unknown>,
    };
    const answer = await new Promise<ToProgram>((resolvePromise) => {
        waiting.set(id, resolvePromise);
        send({ type: "register", id, resource });
    });
    waiting.delete(id);
    if (answer.type !== "registered") {
        refused = true;
        throw new Error(REFUSED);
    }
    return { id: `${args.type}/${args.name}`, state: { ...inputs, ...answer.state } };
}

/** Inputs without the wrappers that mark secrets. */
function plain(value: unknown): unknown {
    if (pulumi.runtime.isRpcSecret(value)) return plain(pulumi.runtime.unwrapRpcSecret(value));
    if (Array.isArray(value)) return value.map(plain);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
}

async function run({ program, project, stack, config, calls }: Start): Promise<void> {
    spareUnread();
    await pulumi.runtime.setMocks(
        {
            newResource,
            call: ({ token, inputs }) => {
                const answer = token === DECODE ? decodeYaml(inputs as object) : calls?.[token];
                if (answer !== undefined) return answer;
                const error = new Error(
                    `the in-process engine cannot call ${token}; deploy with the Pulumi CLI`,
                );
                // Pulumi passes it on without its message.
                uncaught.push(error);
                throw error;
            },
        },
        project,
        stack,
        false,
    );
    pulumi.runtime.setAllConfig(config);
    await pulumi.runtime.runInPulumiStack(() => {
        transforms.intercept();
        pulumi.runtime.registerStackTransformation((args) => {
            recorder.record(args);
            return transforms.record(args);
        });
        // Not `import()`, which passes ts-node by.
        const outputs = createRequire(__filename)(resolve(program)) as Record<string, unknown>;
        send({ type: "loaded", planned: recorder.planned });
        return Promise.resolve({ ...outputs });
    });
    await Promise.race([quiet(), idleAfterRefusal()]);
    const own = uncaught.filter((error) => !String(error).includes(REFUSED));
    if (own.length > 0) throw own[0];
    send({ type: "completed" });
}

/** Resolves when every registration is answered, and what follows from the last answers has shown. */
async function quiet(): Promise<void> {
    for (let seen = -1; seen !== registrations;) {
        seen = registrations;
        await pulumi.runtime.disconnect();
        // Errors that nothing catches are told after the turn in which they happen.
        await new Promise(setImmediate);
    }
}

/**
 * Resolves when something was refused and nothing has been under way for a while. After a refusal Pulumi's own wait
 * never ends: a component that depends on what was refused is given up without its URN, for which its children wait.
 */
async function idleAfterRefusal(): Promise<void> {
    for (let quietSince = Date.now(); Date.now() - quietSince < IDLE;) {
        await new Promise((resolvePromise) => setTimeout(resolvePromise, 20));
        if (!refused || waiting.size > 0) quietSince = Date.now();
    }
}

process.on("unhandledRejection", (error) => uncaught.push(error));
// The engine is gone, so whatever is registered now would never be answered.
process.on("disconnect", () => process.exit(1));
process.on("message", (message: ToProgram) => {
    switch (message.type) {
        case "start":
            run(message).catch((error: unknown) => {
                send({ type: "failed", message: describe(error) });
            });
            break;
        case "proceed":
            proceed();
            break;
        case "registered":
        case "refused":
            waiting.get(message.id)?.(message);
            break;
    }
});

/** A message that stands for itself where the error is one made for people, and with its place otherwise. */
function describe(error: unknown): string {
    if (!(error instanceof Error)) return String(error);
    if (!PROGRAMMING_ERRORS.has(error.name)) return error.message;
    const frames = (error.stack ?? "").split("\n").filter((line) => /^ +at /.test(line));
    const own = frames.filter((line) => !/node:|\(<anonymous>\)|\/node_modules\/|run-program/.test(line));
    return [`${error.name}: ${error.message}`, ...own].join("\n");
}
