/**
 * The commands and their options. What a command does is loaded when it is run: help, and a command that needs no
 * cluster, do not wait for Kubernetes' and Pulumi's libraries.
 */
import { Command, Option } from "commander";
import { LAYERS, OPTIONAL_PARTS } from "./verify/model";
import { lazily } from "./lazily";
import { version } from "../package.json";

/** Every command throws what is wrong with how it was called, so that one place decides on the exit code. */
export function meshProgram(): Command {
    const program = new Command("mesh")
        .description("The SPARC service mesh: render it, run it on this machine, prove it on real traffic.")
        .version(version, "-V, --version", "print the version")
        .showSuggestionAfterError()
        .addCommand(up())
        .addCommand(upgrade())
        .addCommand(verify())
        .addCommand(status())
        .addCommand(approve())
        .addCommand(down())
        .addCommand(render())
        .addCommand(explain())
        .addCommand(diff())
        .addCommand(preflight())
        .addCommand(graph())
        .addCommand(policy());
    for (const command of [program, ...program.commands]) command.exitOverride();
    return program;
}

type Action = (...args: unknown[]) => unknown;

/** Runs `name` of `commands/<file>.ts` with what commander hands over. */
function running(file: string, name: string) {
    return async (...args: unknown[]): Promise<void> => {
        const module = lazily(__filename, `./commands/${file}`) as Record<string, Action>;
        await module[name]?.(...args);
    };
}

/**
 * A command with what says which cluster is meant, where it is not the embedded node. A file without a context is refused:
 * whoever names it does not mean the node, and a file's current context is often another than one remembers.
 */
function located(
    command: Command,
    context = "a context of the kubeconfig, to use instead of the embedded node",
): Command {
    return command
        .option("--context <name>", context)
        .option("--kubeconfig <file>", "where that context is (default: $KUBECONFIG, or ~/.kube/config)")
        .hook("preAction", (_, called) => {
            const options = called.opts<{ context?: string; kubeconfig?: string }>();
            if (options.kubeconfig === undefined || options.context !== undefined) return;
            throw new Error(
                `--kubeconfig ${options.kubeconfig} does not say which of its clusters is meant; ` +
                    `add --context <name>, one of \`kubectl --kubeconfig ${options.kubeconfig} config get-contexts -o name\``,
            );
        });
}

/** A command that deploys, with what says where to and how. */
function deploying(command: Command): Command {
    return located(command)
        .option("--standin-image <image>", "an image of local/standin that this cluster can pull")
        .addOption(
            new Option("--engine <engine>", "what deploys")
                .choices(["auto", "pulumi", "in-process"])
                .default("auto"),
        )
        .option("--json", "report as JSON");
}

function up(): Command {
    const command = new Command("up").description(
        "deploy the platform to the embedded node, or to a cluster that is at hand",
    );
    return deploying(command).action(running("up", "up"));
}

function upgrade(): Command {
    const command = new Command("upgrade")
        .description(
            "the way to another revision of Istio, step by step; needs no cluster unless it is to go it",
        )
        .requiredOption("--to <revision>", "the name of the revision, such as 1-31-1")
        .option("-s, --stack <stack>", "the stack whose Pulumi.<stack>.yaml says what is there", "local")
        .option(
            "--istio-version <version>",
            "its release of Istio (default: the stack's, or the one that the revision's name spells)",
        )
        .option("--tag <tag>", "the tag of its images (default: its version)")
        .option("--apply", "go that way with the stack local, whose file is changed with each step");
    return deploying(command).action(running("upgrade", "upgrade"));
}

function verify(): Command {
    const command = new Command("verify")
        .description(
            "prove with real requests that the mesh lets through exactly the catalogue's calls; " +
                "exits with 1 if it does not, or if a part could not be checked",
        )
        .option("--standin-image <image>", "the image that probers run (default: the running stand-ins')")
        .addOption(
            new Option("--layer <layer...>", "ask these layers alone; what is left out is said").choices([
                ...LAYERS,
            ]),
        )
        .addOption(
            new Option(
                "--allow-unchecked <part...>",
                "do not fail where these parts cannot be checked",
            ).choices([...OPTIONAL_PARTS]),
        )
        .option(
            "--accept <object...>",
            "foreign objects that you know, as Kind/namespace/name, or Kind/_cluster/name; any other that can widen access fails the run",
        )
        .option("--keep", "leave the probers there for the next run with --keep")
        .option("--json", "report as JSON");
    return located(command).action(running("verify", "verifyMesh"));
}

function status(): Command {
    const command = new Command("status")
        .description(
            "the live mesh on one screen: what runs, how services do, rollouts, certificates, alerts, drift from the program; " +
                "exits with 1 if something is not there, not ready, or not as the program has it",
        )
        .option("-s, --stack <stack>", "the stack that is deployed there", "local")
        .option("--watch", "again every five seconds, until it is interrupted")
        .option("--json", "report as JSON; with --watch a line each time");
    return located(command).action(running("status", "status"));
}

function approve(): Command {
    const command = new Command("approve")
        .description("let a rollout that waits for somebody go on, or have it taken back; says who and why")
        .argument("<service>", "the service whose rollout waits (`mesh status` shows which do)")
        .requiredOption("--why <reason>", "kept with the rollout, beside your name")
        .option("--refuse", "have the new version taken back")
        .option("--revision <number>", "the Deployment's revision that you looked at: any other is refused")
        .option("--json", "report as JSON");
    return located(command).action(running("approve", "approve"));
}

function down(): Command {
    const command = new Command("down")
        .description(
            "remove the embedded node and all that it left on this machine, or the program from a cluster",
        )
        .option("--json", "report as JSON");
    return located(command, "a context of the kubeconfig, from whose cluster the program is removed").action(
        running("down", "down"),
    );
}

function render(): Command {
    return new Command("render")
        .description("write every Kubernetes object and Helm release of a stack to files; needs no cluster")
        .requiredOption("-s, --stack <stack>", "the stack whose Pulumi.<stack>.yaml applies")
        .requiredOption(
            "-o, --out <folder>",
            "where to write; files of an earlier rendering that are gone are removed",
        )
        .option("--json", "report as JSON")
        .action(running("render", "render"));
}

function explain(): Command {
    return new Command("explain")
        .description(
            "whether one may ask another, and by which objects; needs no cluster; exits with 1 if not",
        )
        .argument(
            "<source>",
            "a service, a gateway (public, admin, internal), namespace/account, stranger or unmeshed",
        )
        .argument("<destination>", "a service, a store, an external group or a host outside")
        .option("--port <port>", "a name or a number (default: every port)")
        .option("--path <path>", "/v1/alerts, or /package.Service/Method (default: all that the port offers)")
        .option("--method <verb>", "of HTTP (default: GET, and POST for gRPC)")
        .option("--header <header...>", 'a header of the request, as "name: value"')
        .option("--address <ip>", "the IPv4 address of an external host (default: unknown)")
        .option("-s, --stack <stack>", "the stack whose objects are judged", "prod")
        .option("--rendered <folder>", "judge the files of this folder instead, as `mesh render` writes them")
        .option("--json", "report as JSON")
        .action(running("explain", "explainCall"));
}

function diff(): Command {
    return new Command("diff")
        .description(
            "what differs between two meshes: objects, calls let through, hosts in reach; as Markdown; " +
                "needs no cluster; exits with 1 if anything does",
        )
        .argument("<before>", "a folder that `mesh render` wrote, a stack, or a commit, as <ref>[:<stack>]")
        .argument("<after>", "the same")
        .option("-s, --stack <stack>", "the stack that is meant where a commit names none", "prod")
        .option("--json", "report as JSON")
        .action(running("diff", "diff"));
}

function preflight(): Command {
    return new Command("preflight")
        .description(
            "what a stack's AWS account, cluster and domain lack, before anything is changed; exits with 1 if anything",
        )
        .requiredOption("-s, --stack <stack>", "the stack whose Pulumi.<stack>.yaml applies")
        .option("--json", "report as JSON")
        .action(running("preflight", "preflightStack"));
}

function graph(): Command {
    return new Command("graph")
        .description("draw the catalogue's call graph")
        .requiredOption("-o, --out <file>", "the file to write")
        .addOption(
            new Option(
                "-f, --format <format>",
                "a picture, text for Markdown, or a page to search in (default: by the file's name)",
            ).choices(["svg", "mermaid", "html"]),
        )
        .action(running("graph", "graph"));
}

function policy(): Command {
    return new Command("policy")
        .description(
            "judge a stack by the policy pack, as `pulumi preview --policy-pack` would; needs no cluster; exits with 1 on a violation",
        )
        .requiredOption("-s, --stack <stack>", "the stack whose resources are judged")
        .option("--pack-config <file>", "levels and exceptions (default: policy/config/<stack>.json)")
        .option("--require-charts", "exit with 1 where the objects of a chart cannot be judged")
        .option("--json", "report as JSON")
        .action(running("policy", "policy"));
}
