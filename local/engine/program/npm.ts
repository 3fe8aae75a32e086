/**
 * Imported before Pulumi's SDK, which loads npm's resolver of packages for the code of serialized functions: a tenth of a
 * program's start. Whoever serializes a function loads it then.
 */
import { createRequire } from "node:module";

interface Resolver {
    readonly Arborist: new (options: object) => object;
}

const sdk = createRequire(createRequire(__filename).resolve("@pulumi/pulumi"));
const path = sdk.resolve("@npmcli/arborist");

/** With `new`, as a class: what it returns takes the place of the object. */
function Arborist(options: object): object {
    Reflect.deleteProperty(sdk.cache, path);
    const resolver = sdk(path) as Resolver;
    return new resolver.Arborist(options);
}

sdk.cache[path] ??= { id: path, filename: path, loaded: true, exports: { Arborist } } as NodeJS.Module;
