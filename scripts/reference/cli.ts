/** The text of `docs/reference/cli.md`: every command of `mesh` with its arguments and options, as its help has them. */
import type { Command, Option } from "commander";
import { meshProgram } from "../../cli/program";
import { code, escaped, row } from "./json-schema";

export function cliPage(): string {
    const program = meshProgram();
    return [
        "# CLI",
        "",
        "<!-- Generated from cli/program.ts by `npm run generate:cli-reference`. -->",
        "",
        "Run `npx mesh <command>` in the checkout, or `node cli/bin/mesh.js <command>`, which starts faster. The commands need Node.js 20.19 or later and `npm ci`; `mesh policy` also needs `npm ci --prefix policy`. " +
            "Reports go to stdout, errors to stderr; `--json` prints one JSON document.",
        ...groups(program),
        "",
        "## Stacks",
        "",
        "Without `--stack`, a command that works on a cluster (it has `--context`) takes the stack `local`, which the embedded node runs; every other command takes `prod`.",
        "",
        "## Exit codes",
        "",
        row("code", "meaning"),
        row("---", "---"),
        row("0", "success; the answer is yes"),
        row(
            "1",
            "the command ran and the answer is no: denied, different, a violation, a mismatch, not healthy",
        ),
        row(
            "2",
            "the command could not run: invalid arguments, an invalid catalogue or configuration, no cluster",
        ),
        "",
        "## make",
        "",
        "`make help` lists the targets, which install what they use. `make up`, `verify`, `status` and `down` run the commands of these names; `CONTEXT` is passed on as `--context`, " +
            "`STANDIN_IMAGE` as `--standin-image`, `ALLOW_UNCHECKED` as `--allow-unchecked`.",
        "",
        "## Shell completion",
        "",
        "`mesh completion` prints a script for bash, zsh or fish. It completes the command `mesh`, which a function of your shell can start:",
        "",
        "```sh",
        'mesh() { node <checkout>/cli/bin/mesh.js "$@"; }               # ~/.bashrc, ~/.zshrc',
        "source <(mesh completion bash)                                 # ~/.bashrc",
        "source <(mesh completion zsh)                                  # ~/.zshrc, after compinit",
        "mesh completion fish > ~/.config/fish/completions/mesh.fish    # fish",
        "```",
        ...program.commands.flatMap(section),
        "",
    ].join("\n");
}

/** A table of the commands of each group of the help. */
function groups({ commands }: Command): string[] {
    const names = [...new Set(commands.map((command) => command.helpGroup()))];
    return names.flatMap((name) => [
        ...(name === "" ? [] : ["", `**${name.replace(/:$/, "")}**`]),
        "",
        row("command", "does"),
        row("---", "---"),
        ...commands
            .filter((command) => command.helpGroup() === name)
            .map((command) =>
                row(`[\`mesh ${command.name()}\`](#mesh-${command.name()})`, command.description()),
            ),
    ]);
}

function section(command: Command): string[] {
    const described = command.registeredArguments.filter(({ description }) => description !== "");
    return [
        "",
        `## mesh ${command.name()}`,
        "",
        escaped(command.description()),
        "",
        "```sh",
        usage(command),
        "```",
        ...(described.length === 0
            ? []
            : [
                  "",
                  row("argument", "description"),
                  row("---", "---"),
                  ...described.map((argument) =>
                      row(code(argument.name()), withChoices(argument.description, argument.argChoices)),
                  ),
              ]),
        ...(visible(command).length === 0
            ? []
            : [
                  "",
                  row("option", "description", "default"),
                  row("---", "---", "---"),
                  ...visible(command).map(optionRow),
              ]),
        ...examples(command),
    ];
}

/** The options that help shows: those with an old name are hidden. */
function visible({ options }: Command): Option[] {
    return options.filter(({ hidden }) => !hidden);
}

/** The examples below the command's help. */
function examples(command: Command): string[] {
    let help = "";
    command.configureOutput({ writeOut: (text) => (help += text) }).outputHelp();
    const lines = help.split("\nExamples:\n")[1]?.trimEnd().split("\n") ?? [];
    if (lines.length === 0) return [];
    return ["", "```sh", ...lines.map((line) => line.trim().replace(/^\$ /, "")), "```"];
}

/** The command line with the options that must be given. */
function usage(command: Command): string {
    const required = visible(command)
        .filter(({ mandatory }) => mandatory)
        .map((option) => long(option));
    const rest = visible(command).length > required.length ? ["[options]"] : [];
    const given = command.registeredArguments.map((argument) =>
        argument.required ? `<${argument.name()}>` : `[${argument.name()}]`,
    );
    return ["mesh", command.name(), ...given, ...required, ...rest].join(" ");
}

/** `-s, --stack <stack>` as `--stack <stack>`. */
function long({ flags }: Option): string {
    return flags.replace(/^-\w, /, "");
}

function optionRow({ flags, description, argChoices, defaultValue, mandatory }: Option): string {
    const given: unknown = defaultValue;
    return row(
        code(flags),
        withChoices(description, argChoices),
        given === undefined ? (mandatory ? "required" : "") : code(given),
    );
}

function withChoices(description: string, choices: readonly string[] | undefined): string {
    return choices === undefined ? description : `${description}: ${choices.map(code).join(", ")}`;
}
