/** Places in data, as paths of keys and indices. */

export type Place = readonly (string | number)[];

/** The place of every value in `value`. */
export function placesOf(value: unknown, place: Place = []): Place[] {
    if (typeof value !== "object" || value === null) return [place];
    const steps = Array.isArray(value) ? [...value.keys()] : Object.keys(value);
    return [place, ...steps.flatMap((step) => placesOf(at(value, [step]), [...place, step]))];
}

export function at(data: unknown, place: Place): unknown {
    return place.reduce<unknown>((value, step) => (value as Record<string, unknown>)[step], data);
}

/** A copy of `data` with `value` at `place`. */
export function replaced(data: unknown, place: Place, value: unknown): unknown {
    const [step, ...rest] = place;
    if (step === undefined) return value;
    const copy = (Array.isArray(data) ? [...(data as unknown[])] : { ...(data as object) }) as Record<
        string,
        unknown
    >;
    copy[step] = replaced(copy[step], rest, value);
    return copy;
}
