/**
 * Reads and writes a stack's state through the CLI. The Automation API would write every secret in plain text, to a file that
 * all users can read.
 */
import { run } from "../../lib/process";
import { environment, type Workspace } from "./workspace";

/** The output of `pulumi stack export`. */
export interface ExportedState {
    readonly version: number;
    readonly deployment: unknown;
}

export class StackState {
    constructor(
        private readonly program: string,
        private readonly workspace: Workspace,
    ) {}

    async export(): Promise<ExportedState> {
        return JSON.parse(await this.call("export")) as ExportedState;
    }

    async import(state: ExportedState): Promise<void> {
        await this.call("import", JSON.stringify(state));
    }

    private async call(verb: "export" | "import", text?: string): Promise<string> {
        return run(this.program, ["stack", verb, "--stack", this.workspace.stack, "--non-interactive"], {
            cwd: this.workspace.folder,
            env: { ...process.env, ...(await environment(this.workspace)) },
            ...(text === undefined ? {} : { input: { text } }),
        });
    }
}
