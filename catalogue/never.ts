/**
 * Ends a choice between the cases of an enumeration: what is none of them gets nothing derived at all, least of all what the last
 * case would get.
 *
 * @param value of type `never` where the cases before are complete
 */
export function unknownCase(value: never): never {
    throw new Error(
        `${JSON.stringify(value)} is a case that nothing is derived for: check the catalogue and the configuration first`,
    );
}
