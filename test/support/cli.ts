/** Runs the mesh command in this process: starting one takes a second of CPU. test/cli/start.test.ts starts real processes. */
import { fail } from "../../cli/lib/errors";
import { meshProgram } from "../../cli/program";

function statusOf({ exitCode }: Pick<NodeJS.Process, "exitCode">): number {
    return Number(exitCode ?? 0);
}

/** What a command printed, and its exit code. */
export interface MeshResult {
    readonly status: number;
    readonly stdout: string;
    readonly stderr: string;
}

/** Runs the command as cli/mesh.ts does. */
export async function runMesh(...args: string[]): Promise<MeshResult> {
    const [stdout, stderr] = [capture(process.stdout), capture(process.stderr)];
    process.exitCode = undefined;
    try {
        await meshProgram().parseAsync(args, { from: "user" }).catch(fail);
        return { status: statusOf(process), stdout: stdout.text(), stderr: stderr.text() };
    } finally {
        process.exitCode = undefined;
        stdout.stop();
        stderr.stop();
    }
}

/** Keeps what is written to the stream, instead of writing it. */
function capture(stream: NodeJS.WriteStream): { text(): string; stop(): void } {
    const write = stream.write.bind(stream);
    let text = "";
    stream.write = (chunk: string | Uint8Array) => {
        text += String(chunk);
        return true;
    };
    return {
        text: () => text,
        stop: () => {
            stream.write = write;
        },
    };
}
