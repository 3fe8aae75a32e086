import { fail } from "./lib/errors";
import { meshProgram } from "./program";

meshProgram().parseAsync().catch(fail);
