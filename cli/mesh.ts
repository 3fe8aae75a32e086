import { Command } from "commander";
import { downCommand } from "./commands/down";
import { explainCommand } from "./commands/explain";
import { graphCommand } from "./commands/graph";
import { renderCommand } from "./commands/render";
import { statusCommand } from "./commands/status";
import { upCommand } from "./commands/up";
import { verifyCommand } from "./commands/verify";
import { fail } from "./errors";

const program = new Command("mesh")
    .description("The SPARC service mesh: render it, run it on this machine, prove it on real traffic.")
    .showSuggestionAfterError()
    .addCommand(upCommand())
    .addCommand(verifyCommand())
    .addCommand(statusCommand())
    .addCommand(downCommand())
    .addCommand(renderCommand())
    .addCommand(explainCommand())
    .addCommand(graphCommand());

program.parseAsync().catch(fail);
