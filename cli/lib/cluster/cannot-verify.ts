/** The mesh could not be verified, so nothing is proven. `mesh verify` exits with 2. */
export class CannotVerify extends Error {
    constructor(
        what: string,
        /** How to fix it. */
        readonly remedy: string,
        options: ErrorOptions = {},
    ) {
        super(what, options);
        this.name = "CannotVerify";
    }
}
