/** Nothing was proven, neither way: the mesh could not be asked. `mesh verify` then exits with 2. */
export class CannotVerify extends Error {
    constructor(
        what: string,
        /** What to do about it. */
        readonly remedy: string,
        options: ErrorOptions = {},
    ) {
        super(what, options);
        this.name = "CannotVerify";
    }
}
