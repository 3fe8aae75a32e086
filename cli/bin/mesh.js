#!/usr/bin/env node
// The CLI runs from its TypeScript sources, as Pulumi runs the program: there is no build to forget.
require("ts-node").register({ cwd: __dirname, transpileOnly: true });
require("../mesh");
