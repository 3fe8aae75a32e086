/** Runs the mesh command in this process: starting one takes a second of CPU. test/cli/start.test.ts starts real processes. */
import { fail } from "../../cli/lib/errors";
import { meshProgram } from "../../cli/program";

function statusOf({ exitCode }: Pick<NodeJS.Process, "exitCode">): number {
    return Number(exitCode ?? 0);
}

/** Runs the command as cli/mesh.ts does. */
export async function runMesh(...args: string[]): Promise<{ status: number; stderr: string }> {
    const write = process.stderr.write.bind(process.stderr);
    let stderr = "";
    process.stderr.write = (text: string | Uint8Array) => {
        stderr += String(text);
        return true;
    };
    process.exitCode = undefined;
    try {
        await meshProgram().parseAsync(args, { from: "user" }).catch(fail);
        return { status: statusOf(process), stderr };
    } finally {
        process.exitCode = undefined;
        process.stderr.write = write;
    }
}
