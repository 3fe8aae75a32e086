/** The commands for a migration to the mesh, and their options. */
import { Argument, Command, Option } from "commander";
import { positiveInteger, runCommand, withExamples } from "./options";

export function inventory(): Command {
    const command = new Command("inventory")
        .description("Read a service registry; draft a catalogue and report what becomes of each item.")
        .addArgument(new Argument("<source>", "registry to read").choices(["consul"]))
        .option("--url <url>", "address of Consul's HTTP API (default: $CONSUL_HTTP_ADDR)")
        .option(
            "--datacenter <name...>",
            "datacenters to read, the draft's first (default: all, the agent's first)",
        )
        .addOption(
            new Option("--timeout <seconds>", "maximum time for reading")
                .argParser(positiveInteger)
                .default(55),
        )
        .option("-o, --out <folder>", "folder for the draft and the report")
        .option("--compare [file]", "compare with a catalogue in JSON (default: this checkout's catalogue)")
        .option("--json", "print the report and the draft as JSON")
        .action(runCommand("inventory", "inventory"));
    return withExamples(
        command,
        {
            "CONSUL_HTTP_TOKEN=… mesh inventory consul --url https://consul.example.com:8501 --out inventory":
                "write a draft catalogue and the report to inventory/",
            "mesh inventory consul --url http://localhost:8500 --compare":
                "list what Consul and this checkout's catalogue do not agree on",
        },
        "something could not be read, or the compared catalogue differs",
    );
}
