// Pulumi's own TypeScript support checks types whenever the pack starts, which takes seconds of every preview; the
// checkout's lint has done that. So its hook is put out of work for one that only strips types. (Deleting the hook's
// extension is not enough: it stands in front of that of JavaScript, too.)
const tsNode = require("ts-node");
process[tsNode.REGISTER_INSTANCE]?.enabled(false);
tsNode.register({ cwd: __dirname, transpileOnly: true, swc: true });

// Pulumi's SDK loads npm's resolver of packages, for serialized functions, of which no policy has any: a tenth of the pack's
// start. Whoever makes one loads it then.
const { createRequire } = require("module");
const sdk = createRequire(require.resolve("@pulumi/pulumi"));
const resolver = sdk.resolve("@npmcli/arborist");
function Arborist(options) {
    delete require.cache[resolver];
    return new (sdk(resolver).Arborist)(options);
}
require.cache[resolver] ??= { id: resolver, filename: resolver, loaded: true, exports: { Arborist } };

require("./pack");
