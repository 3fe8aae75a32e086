// Pulumi's TypeScript support type-checks the pack on every start, which takes several seconds of each preview, and
// `npm run lint` has checked the types already. Replace its ts-node hook by one that only strips types. (Deleting the
// extension of the hook is not sufficient: the hook also wraps that of JavaScript.)
const tsNode = require("ts-node");
process[tsNode.REGISTER_INSTANCE]?.enabled(false);
tsNode.register({ cwd: __dirname, transpileOnly: true, swc: true });
require("./pack");
