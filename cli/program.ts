/** The commands and their options. A command's code loads when it runs, so that help does not wait for Pulumi and Kubernetes. */
import { Argument, Command, Option } from "commander";
import { inventory } from "./migration-commands";
import { diff, explain, graph, images, policy, render } from "./offline-commands";
import { LAYERS, OPTIONAL_PARTS } from "./verify/model";
import {
    optionDescription,
    positiveInteger,
    runCommand,
    stackOption,
    withChoices,
    withCluster,
    withDeployOptions,
    withExamples,
    withRenamedOption,
} from "./options";
import { version } from "../package.json";

/** Commands throw on invalid use; `fail` (errors.ts) alone decides on the exit code. */
export function meshProgram(): Command {
    const program = new Command("mesh")
        .description("Render, deploy, verify and operate the SPARC service mesh.")
        .version(version, "-V, --version", "print the version")
        .showSuggestionAfterError()
        .commandsGroup("Offline (no cluster):")
        .addCommand(render())
        .addCommand(explain())
        .addCommand(diff())
        .addCommand(graph())
        .addCommand(images())
        .addCommand(policy())
        .commandsGroup("Cluster and cloud:")
        .addCommand(preflight())
        .addCommand(inventory())
        .addCommand(up())
        .addCommand(workloads())
        .addCommand(verify())
        .addCommand(status())
        .addCommand(approve())
        .addCommand(upgrade())
        .addCommand(down())
        .commandsGroup("Other:")
        .addCommand(completion())
        .addHelpText(
            "after",
            "\nExit codes: 0 success, 1 the check failed (call denied, mismatch, violation), 2 the command could not run.",
        );
    for (const command of [program, ...program.commands]) {
        command.exitOverride();
        command.configureHelp({ optionDescription });
    }
    return program;
}

function up(): Command {
    const command = new Command("up").description(
        "Deploy the local stack to the embedded node, or to an existing cluster.",
    );
    return withExamples(withDeployOptions(command).action(runCommand("up", "up")), {
        "mesh up": "start the embedded node and deploy to it",
        "mesh up --context kind-mesh --standin-image standin:dev": "deploy to an existing cluster",
    });
}

function upgrade(): Command {
    const command = new Command("upgrade")
        .description("Print an Istio upgrade plan; with --apply, execute it.")
        .option(
            "--to <revision>",
            "name of the new revision, such as 1-31-4 (default: of the newest Istio release that mesh supports)",
        )
        .addOption(stackOption("stack whose Pulumi.<stack>.yaml lists the current revisions", "cluster"))
        .option(
            "--istio-version <version>",
            "Istio release of the new revision (default: the stack's, or the one in its name)",
        )
        .option("--tag <tag>", "tag of the Istio images (default: the version)")
        .option("--apply", "execute the plan; each deployment updates Pulumi.<stack>.yaml")
        .addOption(
            new Option(
                "--restart <what>",
                "only restart workloads, or gateways, whose proxies are of an old revision",
            ).choices(["workloads", "gateways"]),
        )
        .addOption(
            new Option("--batch <number>", "how many workloads restart at the same time")
                .argParser(positiveInteger)
                .default(4),
        );
    return withExamples(
        withDeployOptions(command).action(runCommand("upgrade", "upgrade")),
        {
            "mesh upgrade --stack prod --to 1-31-4": "print the steps to Istio 1.31.4 in prod",
            "mesh upgrade --stack prod --context prod-eks --to 1-31-4 --apply":
                "execute them, or continue after an interruption",
            "mesh upgrade --stack prod --context prod-eks --to 1-31-4 --restart workloads":
                "only restart services and stores that are stale, if a pipeline deploys the stack",
        },
        "rollouts are in progress, or pods without an owner must be restarted by hand",
    );
}

function workloads(): Command {
    const command = new Command("workloads")
        .description("Check whether workloads work in the mesh; print the patch that mends each finding.")
        .addArgument(new Argument("<action>", "what to do").choices(["check"]))
        .argument(
            "[files...]",
            "manifests, folders, or - for standard input (default: the services' namespace on the cluster)",
        )
        .addOption(stackOption("stack to which they are deployed", "cluster"))
        .option("--service <service>", "service of the workloads that lack the label sparc.dev/service")
        .option("--json", "print the findings as JSON");
    return withExamples(
        withCluster(command).action(runCommand("workloads", "workloads")),
        {
            "mesh workloads check --stack prod deploy/": "check the manifests of a folder",
            "helm template orders ./chart | mesh workloads check --stack prod --service orders -":
                "check a chart's output",
            "mesh workloads check --stack prod --context prod-eks": "check what runs on a cluster",
        },
        "a finding breaks traffic",
    );
}

function verify(): Command {
    const command = new Command("verify")
        .description("Verify with real requests that the mesh allows exactly the catalogue's calls.")
        .option("--standin-image <image>", "image of the prober pods (default: the image of the stand-ins)")
        .addOption(
            withChoices(
                new Option("--layer <layer...>", "run only these layers; skipped layers are reported"),
                LAYERS,
                { source: "authorization", entry: "ingress" },
            ),
        )
        .addOption(
            withChoices(
                new Option("--allow-unchecked <part...>", "pass although these parts cannot be checked"),
                OPTIONAL_PARTS,
            ),
        )
        .option(
            "--accept <object...>",
            "ignore these objects that the program did not deploy: Kind/namespace/name, or Kind/_cluster/name",
        )
        .option("--keep-probers", "leave the probers running for the next run with --keep-probers")
        .option("--json", "print the report as JSON");
    withRenamedOption(command, "--keep", "--keep-probers");
    return withExamples(
        withCluster(command).action(runCommand("verify", "verifyMesh")),
        {
            "mesh verify": "verify every call on the embedded node",
            "mesh verify --layer ingress egress": "verify only what enters and leaves the mesh",
            "mesh verify --context kind-mesh --allow-unchecked egress":
                "verify a cluster without simulated external services",
        },
        "there is a mismatch, or a part could not be checked",
    );
}

function status(): Command {
    const command = new Command("status")
        .description("Show workloads, service health, rollouts, certificates, alerts and drift.")
        .addOption(stackOption("stack deployed on the cluster", "cluster"))
        .option("--watch", "refresh every 5 s until Ctrl-C")
        .option("--json", "print the report as JSON; with --watch, one line per refresh");
    return withExamples(
        withCluster(command).action(runCommand("status", "status")),
        {
            "mesh status --watch": "watch the embedded node",
            "mesh status --stack prod --context prod-eks": "check a production cluster",
        },
        "anything is not ready or has drifted",
    );
}

function approve(): Command {
    const command = new Command("approve")
        .description("Approve or reject a rollout that waits at a manual gate; record who decided, and why.")
        .argument("<service>", "service whose rollout waits (see `mesh status`)")
        .requiredOption("--reason <text>", "reason to record with your user name")
        .option("--reject", "reject the new version: Flagger rolls it back")
        .option(
            "--revision <number>",
            "Deployment revision that you reviewed; fail if another one is current",
        )
        .option("--json", "print the decision as JSON");
    withRenamedOption(command, "--refuse", "--reject");
    withRenamedOption(command, "--why <reason>", "--reason");
    return withExamples(withCluster(command).action(runCommand("approve", "approve")), {
        'mesh approve auth --reason "reviewed with on-call" --revision 7': "approve revision 7",
        'mesh approve auth --reject --reason "INC-1234"': "roll the new version back",
    });
}

function down(): Command {
    const command = new Command("down")
        .description(
            "Remove the embedded node and all it created, or what the program deployed to a cluster.",
        )
        .option("--json", "print the report as JSON");
    return withExamples(
        withCluster(command, "kubeconfig context of the cluster to remove the program from").action(
            runCommand("down", "down"),
        ),
        {
            "mesh down": "remove the embedded node",
            "mesh down --context kind-mesh": "remove the program from an existing cluster",
        },
    );
}

function preflight(): Command {
    const command = new Command("preflight")
        .description("Check a stack's AWS account, quotas, cluster and domain before a deployment.")
        .addOption(stackOption("stack to check, from Pulumi.<stack>.yaml", "files"))
        .option("--json", "print the result as JSON")
        .action(runCommand("preflight", "preflightStack"));
    return withExamples(
        command,
        { "mesh preflight --stack prod": "check the prod account and region" },
        "a check fails",
    );
}

function completion(): Command {
    const command = new Command("completion")
        .description("Print a shell completion script.")
        .addArgument(new Argument("<shell>", "shell of the script").choices(["bash", "zsh", "fish"]))
        .action(runCommand("completion", "completion"));
    return withExamples(command, {
        "source <(mesh completion bash)": "complete mesh in this bash session",
        "mesh completion fish > ~/.config/fish/completions/mesh.fish": "complete mesh in fish",
    });
}
