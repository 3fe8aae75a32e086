import { fail } from "./errors";
import { meshProgram } from "./program";

meshProgram().parseAsync().catch(fail);
