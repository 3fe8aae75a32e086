/** Where the CLI stands. Apart from what it derives, which takes a second to load and which not every command needs. */
import { resolve } from "node:path";

/** The checkout that this CLI belongs to. */
export const PROJECT_FOLDER = resolve(__dirname, "..");

/** The stack that `mesh up` deploys, on the embedded node or another cluster to try things on. */
export const LOCAL_STACK = "local";
