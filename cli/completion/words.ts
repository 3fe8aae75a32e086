/** What a shell can complete: the commands of `mesh`, their options, and the values of both. */
import type { Command, Option } from "commander";
import type { Catalogue } from "../../catalogue/model";

/** How a shell finds the values of an argument or an option. */
export type Value =
    | { readonly of: "words"; readonly words: readonly string[] }
    /** The stacks whose files are in the working directory. */
    | { readonly of: "stacks" }
    | { readonly of: "files" }
    | { readonly of: "folders" }
    /** Nothing that can be listed, such as a port. */
    | { readonly of: "text" };

export interface CompletedOption {
    /** `-s` and `--stack`. */
    readonly names: readonly string[];
    readonly description: string;
    /** Absent for a switch. */
    readonly value?: Value;
}

export interface CompletedCommand {
    readonly name: string;
    readonly description: string;
    readonly options: readonly CompletedOption[];
    readonly arguments: readonly Value[];
}

/** Sources of `mesh explain` that are not in the catalogue. */
const OTHER_SOURCES = ["public", "admin", "internal", "unknown-workload", "outside-mesh"];

export function completedCommands(program: Command, catalogue: Catalogue): CompletedCommand[] {
    return program.commands.map((command) => ({
        name: command.name(),
        description: command.description(),
        options: command.createHelp().visibleOptions(command).map(completedOption),
        arguments: command.registeredArguments.map((argument) =>
            argument.argChoices === undefined
                ? argumentValue(argument.name(), catalogue)
                : { of: "words", words: argument.argChoices },
        ),
    }));
}

function completedOption(option: Option): CompletedOption {
    const { short, long, description, argChoices, flags, required, optional } = option;
    const names = [short, long].filter((name) => name !== undefined);
    if (!required && !optional) return { names, description };
    const value: Value =
        argChoices === undefined
            ? optionValue(/[<[]([\w-]+)/.exec(flags)?.[1] ?? "")
            : { of: "words", words: argChoices };
    return { names, description, value };
}

/** By the placeholder of the option's value: `--out <folder>`. */
function optionValue(placeholder: string): Value {
    switch (placeholder) {
        case "stack":
            return { of: "stacks" };
        case "file":
            return { of: "files" };
        case "folder":
            return { of: "folders" };
        default:
            return { of: "text" };
    }
}

function argumentValue(name: string, { services, stores, external }: Catalogue): Value {
    const [serviceNames, storeNames, groups] = [services, stores, external].map((all) => Object.keys(all));
    switch (name) {
        case "service":
            return { of: "words", words: serviceNames ?? [] };
        case "source":
            return { of: "words", words: [...(serviceNames ?? []), ...OTHER_SOURCES] };
        case "destination":
            return {
                of: "words",
                words: [...(serviceNames ?? []), ...(storeNames ?? []), ...(groups ?? [])],
            };
        case "files":
            return { of: "files" };
        case "before":
        case "after":
            return { of: "stacks" };
        default:
            return { of: "text" };
    }
}
