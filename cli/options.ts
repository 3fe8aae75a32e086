/** Helpers to define commands: lazy actions, examples, shared options, and errors for renamed options. */
import { type Command, Help, InvalidArgumentError, Option } from "commander";
import type * as kubeconfig from "./lib/kubeconfig";
import { lazyLoad } from "./lib/lazy-load";

type Action = (...args: unknown[]) => unknown;

/** Runs the function `name` of `commands/<file>.ts` with the arguments that commander passes. */
export function runCommand(file: string, name: string) {
    return async (...args: unknown[]): Promise<void> => {
        const module = lazyLoad(__filename, `./commands/${file}`) as Record<string, Action>;
        await module[name]?.(...args);
    };
}

/**
 * Adds examples below a command's help.
 *
 * @param examples command line → what it does
 * @param exitsWith1 when the command exits with 1, as a clause after "if"
 */
export function withExamples(
    command: Command,
    examples: Readonly<Record<string, string>>,
    exitsWith1?: string,
): Command {
    const lines = Object.entries(examples).map(([line, effect]) => `  # ${effect}\n  $ ${line}`);
    const exit =
        exitsWith1 === undefined ? "" : `\n\nExits with 1 if ${exitsWith1}, and with 2 if it cannot run.`;
    return command.addHelpText("after", `\nExamples:\n${lines.join("\n")}${exit}`);
}

/** The stack that a command works on unless `--stack` names another: what the embedded node runs, or what production is. */
const DEFAULT_STACKS = { cluster: "local", files: "prod" } as const;

/** `--stack`, with one default for all commands that work on a cluster, and one for all that need none. */
export function stackOption(description: string, worksOn: keyof typeof DEFAULT_STACKS): Option {
    return new Option("-s, --stack <stack>", description).default(DEFAULT_STACKS[worksOn]);
}

/** An option's text in the help; commander does not mark required options. */
export function optionDescription(option: Option): string {
    const text = new Help().optionDescription(option);
    return option.mandatory ? `${text} (required)` : text;
}

/** Adds `--context` and `--kubeconfig`, and rejects a context that does not exist before the command runs. */
export function withCluster(
    command: Command,
    context = "kubeconfig context of the cluster (default: the embedded node)",
): Command {
    return command
        .option("--context <name>", context)
        .option(
            "--kubeconfig <file>",
            "kubeconfig with that context (default: $KUBECONFIG or ~/.kube/config)",
        )
        .hook("preAction", (_, called) => {
            const { assertContext } = lazyLoad(__filename, "./lib/kubeconfig") as typeof kubeconfig;
            assertContext(called.opts());
        });
}

/** Adds the options of commands that deploy. */
export function withDeployOptions(command: Command): Command {
    return withCluster(command)
        .option("--standin-image <image>", "image of local/standin that the cluster can pull")
        .addOption(
            new Option("--engine <engine>", "deployment engine")
                .choices(["auto", "pulumi", "in-process"])
                .default("auto"),
        )
        .option("--json", "print the report as JSON");
}

/** Parses a number of at least one. */
export function positiveInteger(value: string): number {
    if (!/^[1-9]\d{0,3}$/.test(value)) throw new InvalidArgumentError("It must be an integer of at least 1.");
    return Number(value);
}

/** Makes an option's old name fail with an error that states the new one. @param flags the old ones, as commander takes them */
export function withRenamedOption(command: Command, flags: string, name: string): Command {
    const old = new Option(flags).hideHelp();
    return command.addOption(old).on(`option:${old.name()}`, () => {
        throw new Error(`option ${old.long ?? flags} was renamed: use ${name}`);
    });
}

/** Restricts an option's values to `choices`; an old name among `renamed` fails with an error that states the new one. */
export function withChoices(
    option: Option,
    choices: readonly string[],
    renamed: Readonly<Record<string, string>> = {},
): Option {
    option.choices([...choices]);
    return option.argParser((value: string, previous: readonly string[] | undefined): readonly string[] => {
        if (Object.hasOwn(renamed, value))
            throw new InvalidArgumentError(`It was renamed: use ${renamed[value] ?? ""}.`);
        if (!choices.includes(value))
            throw new InvalidArgumentError(`Allowed choices are ${choices.join(", ")}.`);
        return [...(previous ?? []), value];
    });
}
