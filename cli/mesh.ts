import { Command } from "commander";
import { graphCommand } from "./commands/graph";
import { renderCommand } from "./commands/render";
import { fail } from "./errors";

const program = new Command("mesh")
    .description("The SPARC service mesh: render it, run it on this machine, prove it on real traffic.")
    .showSuggestionAfterError()
    .addCommand(renderCommand())
    .addCommand(graphCommand());

program.parseAsync().catch(fail);
