import type { CompletedCommand, Value } from "./words";

export function bashCompletion(commands: readonly CompletedCommand[]): string {
    return [
        "# bash completion of mesh, by `mesh completion bash`. Names of services are those of the catalogue at that time.",
        "_mesh_stacks() {",
        "    local file",
        '    for file in Pulumi.*.yaml; do [[ -e $file ]] && file=${file#Pulumi.} && printf "%s\\n" "${file%.yaml}"; done',
        "}",
        "",
        "_mesh() {",
        '    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} command="" position=0 index word skip=""',
        "    COMPREPLY=()",
        "    for ((index = 1; index < COMP_CWORD; index++)); do",
        "        word=${COMP_WORDS[index]}",
        '        if [[ -n $skip ]]; then skip=""; continue; fi',
        "        if [[ $word == -* ]]; then",
        '            case "$command $word" in',
        `                ${commands.flatMap(valueOptions).join(" | ")}) skip=yes ;;`,
        "            esac",
        "        elif [[ -z $command ]]; then command=$word",
        "        else position=$((position + 1)); fi",
        "    done",
        "    if [[ -z $command ]]; then",
        `        mapfile -t COMPREPLY < <(compgen -W ${quoted(commands.map(({ name }) => name).join(" "))} -- "$cur")`,
        "        return",
        "    fi",
        '    case "$command $prev" in',
        ...commands.flatMap(({ name, options }) =>
            options.flatMap(({ names, value }) =>
                value === undefined
                    ? []
                    : `        ${names.map((one) => quoted(`${name} ${one}`)).join(" | ")}) ${filled(value)}return ;;`,
            ),
        ),
        "    esac",
        "    if [[ $cur == -* ]]; then",
        "        case $command in",
        ...commands.map(
            ({ name, options }) => `            ${name}) ${listed(options.flatMap(({ names }) => names))};;`,
        ),
        "        esac",
        "        return",
        "    fi",
        '    case "$command $position" in',
        ...commands.flatMap(({ name, arguments: values }) =>
            values.map((value, index) => `        ${quoted(`${name} ${index}`)}) ${filled(value)};;`),
        ),
        "    esac",
        "}",
        "complete -F _mesh mesh",
        "",
    ].join("\n");
}

/** Patterns of the options that take a value: the word after one is not an argument. */
function valueOptions({ name, options }: CompletedCommand): string[] {
    return options
        .filter(({ value }) => value !== undefined)
        .flatMap(({ names }) => names.map((one) => quoted(`${name} ${one}`)));
}

/** The statement that completes a value. */
function filled(value: Value): string {
    switch (value.of) {
        case "words":
            return listed(value.words);
        case "stacks":
            return 'mapfile -t COMPREPLY < <(compgen -W "$(_mesh_stacks)" -- "$cur"); ';
        case "files":
            return 'compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); ';
        case "folders":
            return 'compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); ';
        case "text":
            return "";
    }
}

function listed(words: readonly string[]): string {
    return `mapfile -t COMPREPLY < <(compgen -W ${quoted(words.join(" "))} -- "$cur"); `;
}

function quoted(text: string): string {
    return `'${text.replaceAll("'", `'\\''`)}'`;
}
