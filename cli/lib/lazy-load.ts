import { createRequire } from "node:module";

/**
 * Loads a module of the CLI on first use, so that help and other commands do not wait for it. Uses `require`: ts-node
 * does not resolve an `import()` of a TypeScript source.
 *
 * @param from `__filename` of the caller; `path` is relative to it
 */
export function lazyLoad(from: string, path: string): unknown {
    return createRequire(from)(path);
}
