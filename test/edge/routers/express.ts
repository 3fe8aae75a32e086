import { join } from "node:path";
import type { RouterProgram } from "./program";

/** Node: Express's router ignores case. */
export const express: RouterProgram = {
    name: "express",
    command: process.execPath,
    args: [join(__dirname, "express", "app.mjs")],
};
