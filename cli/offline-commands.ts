/** The commands that need no cluster, and their options. */
import { Command, Option } from "commander";
import { runCommand, stackOption, withExamples } from "./options";

export function render(): Command {
    const command = new Command("render")
        .description("Write the Kubernetes objects and Helm releases of a stack to files.")
        .addOption(stackOption("stack to render, from Pulumi.<stack>.yaml", "files"))
        .requiredOption(
            "-o, --out <folder>",
            "output folder; stale files of an earlier rendering are removed",
        )
        .option("--json", "print the report as JSON")
        .action(runCommand("render", "render"));
    return withExamples(command, {
        "mesh render --stack prod --out rendered": "write one YAML file per object to rendered/",
    });
}

export function explain(): Command {
    const command = new Command("explain")
        .description("Check whether a source may call a destination, and list the objects that decide.")
        .argument(
            "<source>",
            "service, gateway (public, admin, internal), namespace/service-account, unknown-workload or outside-mesh",
        )
        .argument("<destination>", "service, store, external group or external host")
        .option("--port <port>", "port name or number (default: every port)")
        .option(
            "--path <path>",
            "HTTP path, or /package.Service/Method (default: every operation of the port)",
        )
        .option("--method <method>", "HTTP method (default: GET; for gRPC, POST)")
        .option("--header <header...>", 'request header, as "name: value"')
        .option("--address <ip>", "IPv4 address of an external host (default: unknown)")
        .addOption(stackOption("stack whose objects are evaluated", "files"))
        .option("--rendered <folder>", "evaluate the objects in this folder instead (see `mesh render`)")
        .option("--json", "print the result as JSON")
        .action(runCommand("explain", "explainCall"));
    return withExamples(
        command,
        {
            "mesh explain reports alerts": "list the operations of alerts that reports may call",
            "mesh explain public api-gateway --path /v1/alerts --method POST":
                "explain one request through the public gateway",
            "mesh explain unknown-workload auth":
                "check what a workload without an edge in the catalogue reaches",
        },
        "every query is denied",
    );
}

export function diff(): Command {
    const command = new Command("diff")
        .description("Compare two meshes: objects, allowed calls, reachable hosts; as Markdown.")
        .argument("<before>", "folder written by `mesh render`, stack, or commit as <ref>[:<stack>]")
        .argument("<after>", "what to compare it with: a folder, stack or commit, too")
        .addOption(stackOption("stack that is rendered of a commit without :<stack>", "files"))
        .option("--json", "print the result as JSON")
        .action(runCommand("diff", "diff"));
    return withExamples(
        command,
        {
            "mesh diff main prod": "show what the working tree changes in prod, compared with main",
            "mesh diff rendered prod": "compare a rendered folder with the working tree",
        },
        "anything differs",
    );
}

export function graph(): Command {
    const command = new Command("graph")
        .description("Draw the catalogue's call graph.")
        .requiredOption("-o, --out <file>", "file to write")
        .addOption(
            new Option("-f, --format <format>", "output format (default: by the file extension)").choices([
                "svg",
                "mermaid",
                "html",
            ]),
        )
        .action(runCommand("graph", "graph"));
    return withExamples(command, {
        "mesh graph --out graph.html": "write a page with search and filters",
        "mesh graph --out graph.mmd": "write a Mermaid diagram",
    });
}

export function images(): Command {
    const command = new Command("images")
        .description("List a stack's images with their digests, or print a script that mirrors them.")
        .addOption(stackOption("stack whose images are listed, from Pulumi.<stack>.yaml", "files"))
        .option("--mirror <registry>", "print a shell script that copies the images to this registry")
        .option("--json", "print the images as JSON")
        .action(runCommand("images", "images"));
    return withExamples(command, {
        "mesh images --stack prod": "list the images of prod",
        "mesh images --stack prod --mirror 111122223333.dkr.ecr.eu-central-1.amazonaws.com/mesh > mirror.sh":
            "write a script that copies them to Amazon ECR",
    });
}

export function policy(): Command {
    const command = new Command("policy")
        .description("Evaluate the policy pack against a stack, as `pulumi preview --policy-pack` does.")
        .addOption(stackOption("stack whose resources are evaluated", "files"))
        .option("--pack-config <file>", "pack configuration (default: policy/config/<stack>.json)")
        .option("--require-charts", "fail if the objects of a Helm chart cannot be evaluated")
        .option("--json", "print the result as JSON")
        .action(runCommand("policy", "policy"));
    return withExamples(
        command,
        {
            "mesh policy --stack prod": "evaluate prod with policy/config/prod.json",
        },
        "a mandatory policy is violated",
    );
}
