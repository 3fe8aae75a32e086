import type { CompletedCommand, CompletedOption, Value } from "./words";

export function fishCompletion(commands: readonly CompletedCommand[]): string {
    return [
        "# fish completion of mesh, by `mesh completion fish`. Names of services are those of the catalogue at that time.",
        "function __mesh_stacks",
        "    for file in Pulumi.*.yaml",
        "        string replace -r '^Pulumi\\.(.+)\\.yaml$' '$1' $file",
        "    end",
        "end",
        "complete -c mesh -f",
        ...commands.map(
            ({ name, description }) =>
                `complete -c mesh -n __fish_use_subcommand -a ${name} -d ${quoted(description)}`,
        ),
        ...commands.flatMap(({ name, options, arguments: values }) => {
            const inside = `complete -c mesh -n ${quoted(`__fish_seen_subcommand_from ${name}`)}`;
            return [
                ...options.map((option) => `${inside} ${optionSpec(option)}`),
                ...distinct(values.map(candidates))
                    .filter((list) => list !== "")
                    .map((list) => `${inside} -a ${list}`),
            ];
        }),
        "",
    ].join("\n");
}

function optionSpec({ names, description, value }: CompletedOption): string {
    const flags = names.map((name) =>
        name.startsWith("--") ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`,
    );
    return [...flags, ...valueSpec(value), `-d ${quoted(description)}`].join(" ");
}

function valueSpec(value: Value | undefined): string[] {
    if (value === undefined) return [];
    // -r: the value is a file; -x: it is one of the list.
    return value.of === "files" ? ["-r", "-F"] : ["-x", `-a ${candidates(value) || "''"}`];
}

function candidates(value: Value): string {
    switch (value.of) {
        case "words":
            return quoted(value.words.join(" "));
        case "stacks":
            return "'(__mesh_stacks)'";
        case "folders":
            return "'(__fish_complete_directories)'";
        case "files":
        case "text":
            return "";
    }
}

function distinct(values: readonly string[]): string[] {
    return [...new Set(values)];
}

function quoted(text: string): string {
    return `'${text.replaceAll(/['\\]/g, "\\$&")}'`;
}
