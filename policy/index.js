// Pulumi's own TypeScript support checks types whenever the pack starts, which takes seconds of every preview; the
// checkout's lint has done that. So its hook gives way to one that only strips types.
delete require.extensions[".ts"];
require("ts-node").register({ cwd: __dirname, transpileOnly: true });
require("./pack");
