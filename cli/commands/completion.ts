import type { Command } from "commander";
import { loadCatalogue } from "../../catalogue/load";
import { bashCompletion } from "../completion/bash";
import { fishCompletion } from "../completion/fish";
import { completedCommands } from "../completion/words";
import { zshCompletion } from "../completion/zsh";

const SHELLS = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion } as const;

/** Prints a script that completes the program's commands, options and values without starting it. */
export function completion(shell: keyof typeof SHELLS, _options: unknown, { parent }: Command): void {
    if (parent === null) throw new Error("completion is a command of mesh");
    process.stdout.write(SHELLS[shell](completedCommands(parent, loadCatalogue())));
}
