import type { CompletedCommand, CompletedOption, Value } from "./words";

export function zshCompletion(commands: readonly CompletedCommand[]): string {
    return [
        "#compdef mesh",
        "# zsh completion of mesh, by `mesh completion zsh`. Names of services are those of the catalogue at that time.",
        "_mesh_stacks() {",
        "    local -a stacks=(Pulumi.*.yaml(N))",
        "    compadd -- ${${stacks#Pulumi.}%.yaml}",
        "}",
        "",
        "_mesh() {",
        "    local state line",
        "    local -a commands=(",
        ...commands.map(
            ({ name, description }) => `        ${quoted(`${name}:${description.replaceAll(":", "\\:")}`)}`,
        ),
        "    )",
        "    _arguments -C '1:command:->command' '*::argument:->arguments'",
        "    case $state in",
        "        command) _describe command commands ;;",
        "        arguments)",
        "            case $words[1] in",
        ...commands.map(
            ({ name, options, arguments: values }) =>
                `                ${name}) _arguments ${[
                    ...options.map(optionSpec),
                    ...values.map((value, index) => quoted(`${index + 1}:argument:${action(value)}`)),
                ].join(" ")} ;;`,
        ),
        "            esac ;;",
        "    esac",
        "}",
        "# Sourced, it registers itself; as a file of $fpath, compinit has done so.",
        'if [[ $funcstack[1] == _mesh ]]; then _mesh "$@"; else compdef _mesh mesh; fi',
        "",
    ].join("\n");
}

function optionSpec({ names, description, value }: CompletedOption): string {
    const text = `[${description.replaceAll(/[[\]\\]/g, "\\$&")}]`;
    const rest = quoted(`${text}${value === undefined ? "" : `:value:${action(value)}`}`);
    return names.length === 1
        ? `${names[0] ?? ""}${rest}`
        : `${quoted(`(${names.join(" ")})`)}{${names.join(",")}}${rest}`;
}

function action(value: Value): string {
    switch (value.of) {
        case "words":
            return `(${value.words.join(" ")})`;
        case "stacks":
            return "_mesh_stacks";
        case "files":
            return "_files";
        case "folders":
            return "_files -/";
        case "text":
            return "";
    }
}

function quoted(text: string): string {
    return `'${text.replaceAll("'", `'\\''`)}'`;
}
