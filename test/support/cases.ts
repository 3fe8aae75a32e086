/**
 * How many generated cases a test tries. `make test` tries some, `make test-full` all (all-cases.ts selects them). A test whose
 * cases are cheap, or are all needed, has a constant.
 */
let all = false;

export function selectAllCases(): void {
    all = true;
}

export function cases(some: number, full: number): number {
    return all ? full : some;
}
