#!/usr/bin/env node
// The CLI runs from its TypeScript sources, as Pulumi runs the program: there is no build step.
try {
    require.resolve("ts-node");
} catch {
    process.stderr.write("error: npm packages are missing. Run `npm ci` in the checkout first.\n");
    process.exit(2);
}
require("ts-node").register({ cwd: __dirname, transpileOnly: true });
require("../mesh");
