import { createRequire } from "node:module";

/**
 * Loads one of the CLI's own modules when it is needed and not before, so that help and other commands do not wait for
 * it. By `require`: an `import()` of a TypeScript source is none of ts-node's business and finds nothing.
 *
 * @param from `__filename` of the caller, to which `path` is relative.
 */
export function lazily(from: string, path: string): unknown {
    return createRequire(from)(path);
}
