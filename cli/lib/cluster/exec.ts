/** Runs commands in containers over the API server's WebSocket. */
import { Readable, Writable } from "node:stream";
import type { Exec, V1Status } from "@kubernetes/client-node";
import type { Command, CommandResult } from "./cluster";

/** The first protocol version that can close stdin (Kubernetes 1.30). */
const PROTOCOL = "v5.channel.k8s.io";

/** The used part of a WebSocket. */
interface Socket {
    readonly protocol: string;
    onclose: () => void;
    close(): void;
}

/** @throws Error if the command did not complete */
export async function execute(exec: Exec, command: Command): Promise<CommandResult> {
    const { namespace, pod, container, timeoutSeconds } = command;
    const stdout = collect();
    const stderr = collect();
    const ended = new Deferred<V1Status>();
    const socket = (await exec.exec(
        namespace,
        pod,
        container,
        [...command.command],
        stdout.stream,
        stderr.stream,
        Readable.from([Buffer.from(command.stdin)]),
        false,
        ended.resolve,
    )) as unknown as Socket;
    socket.onclose = () => {
        ended.reject(new Error("the connection was closed"));
    };
    const interrupted = () => {
        ended.reject(new Error("interrupted"));
    };
    const timer = setTimeout(() => {
        ended.reject(new Error(`timed out after ${timeoutSeconds} s`));
    }, timeoutSeconds * 1000);
    command.signal.addEventListener("abort", interrupted);
    try {
        if (socket.protocol !== PROTOCOL) throw new Error(`the API server does not support ${PROTOCOL}`);
        const status = await ended.promise;
        const code = exitCode(status);
        if (code === undefined) throw new Error(status.message ?? status.reason ?? "the command failed");
        return { code, stdout: stdout.text(), stderr: stderr.text() };
    } finally {
        clearTimeout(timer);
        command.signal.removeEventListener("abort", interrupted);
        socket.close();
    }
}

/** A promise with external resolve and reject; the first call wins. */
class Deferred<T> {
    resolve!: (value: T) => void;
    reject!: (reason: Error) => void;
    readonly promise = new Promise<T>((resolve, reject) => {
        this.resolve = resolve;
        this.reject = reject;
    });

    constructor() {
        // Avoids an unhandled rejection if it is rejected before it is awaited.
        this.promise.catch(() => undefined);
    }
}

/** Collects output without delay, so that it is complete when the status arrives. */
function collect(): { stream: Writable; text: () => string } {
    const chunks: Buffer[] = [];
    const stream = new Writable({
        write(chunk: Buffer, _encoding, written) {
            chunks.push(chunk);
            written();
        },
    });
    return { stream, text: () => Buffer.concat(chunks).toString("utf8") };
}

/** The command's exit code, or undefined if it has none. */
function exitCode({ status, reason, details }: V1Status): number | undefined {
    if (status === "Success") return 0;
    if (reason !== "NonZeroExitCode") return undefined;
    return Number(details?.causes?.find((cause) => cause.reason === "ExitCode")?.message ?? Number.NaN);
}
