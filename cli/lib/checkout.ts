/**
 * Paths of the checkout. Separate from project.ts, because not every command needs the catalogue, which takes a second
 * to load.
 */
import { resolve } from "node:path";

/** The root of the checkout that this CLI belongs to. */
export const PROJECT_FOLDER = resolve(__dirname, "..", "..");

/** Where the stack files are: with the platform that MESH_PLATFORM names (catalogue/load.ts), else in the checkout. */
export const STACK_FOLDER = resolve(PROJECT_FOLDER, process.env["MESH_PLATFORM"] ?? "");

/** The stack that `mesh up` deploys, to the embedded node or to another test cluster. */
export const LOCAL_STACK = "local";
