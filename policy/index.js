// Pulumi's own TypeScript support checks types whenever the pack starts, which takes seconds of every preview; the
// checkout's lint has done that. So its hook is put out of work for one that only strips types. (Deleting the hook's
// extension is not enough: it stands in front of that of JavaScript, too.)
const tsNode = require("ts-node");
process[tsNode.REGISTER_INSTANCE]?.enabled(false);
tsNode.register({ cwd: __dirname, transpileOnly: true, swc: true });
require("./pack");
