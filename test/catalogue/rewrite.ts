/** Catalogues that say the same as another in another way. */

import type { Catalogue } from "../../catalogue/model";
import { Choices } from "../support/random";

/**
 * The same catalogue with all its records written in another order, and, if asked, the lists whose order means nothing:
 * calls, exposures, stores, external groups.
 */
export function reordered(catalogue: Catalogue, seed: number, how?: "calls too"): Catalogue {
    const choices = new Choices(seed);
    const random = () => choices.number(2 ** 32);
    const record = <T>(entries: Readonly<Record<string, T>>): Record<string, T> =>
        Object.fromEntries(shuffled(Object.entries(entries), random));
    const all = <T>(values: readonly T[] = []): T[] =>
        how === undefined ? [...values] : shuffled(values, random);
    const services = Object.entries(record(catalogue.services)).map(([name, service]) => [
        name,
        {
            ...service,
            ports: record(service.ports),
            calls: all(service.calls),
            exposures: all(service.exposures),
            stores: all(service.stores),
            external: all(service.external),
        },
    ]);
    return {
        services: Object.fromEntries(services) as Catalogue["services"],
        stores: record(catalogue.stores),
        external: record(catalogue.external),
    };
}

/** The same catalogue with its services called otherwise. */
export function mapNames(catalogue: Catalogue, rename: (name: string) => string): Catalogue {
    return {
        ...catalogue,
        services: Object.fromEntries(
            Object.entries(catalogue.services).map(([name, service]) => [
                rename(name),
                {
                    ...service,
                    calls: (service.calls ?? []).map((call) => ({ ...call, to: rename(call.to) })),
                },
            ]),
        ),
    };
}

function shuffled<T>(values: readonly T[], random: () => number): T[] {
    return values
        .map((value) => ({ value, at: random() }))
        .sort((a, b) => a.at - b.at)
        .map(({ value }) => value);
}
