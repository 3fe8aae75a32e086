/**
 * The default case of an exhaustive switch: an unknown value throws, so that nothing is derived from it.
 *
 * @param value of type `never` if the cases above are complete
 */
export function unknownCase(value: never): never {
    throw new Error(
        `unsupported value ${JSON.stringify(value)}: load the catalogue by catalogue/load.ts and the configuration by config/load.ts, which check them`,
    );
}
