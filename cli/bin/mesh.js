#!/usr/bin/env node
// The CLI runs from its TypeScript sources, as Pulumi runs the program: there is no build to forget.
try {
    require.resolve("ts-node");
} catch {
    process.stderr.write(
        "mesh: the packages that it needs are not here: run `npm ci` in the checkout first\n",
    );
    process.exit(2);
}
require("ts-node").register({ cwd: __dirname, transpileOnly: true });
require("../mesh");
