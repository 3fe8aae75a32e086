/** Rewrites catalogues to equivalent ones. */

import type { Catalogue } from "../../catalogue/model";
import { RandomSource } from "../support/random";

/**
 * The same catalogue with all its records in another order, and optionally the lists whose order does not matter: calls, exposures,
 * stores, external groups.
 */
export function reordered(catalogue: Catalogue, seed: number, how?: "calls too"): Catalogue {
    const choices = new RandomSource(seed);
    const random = () => choices.integer(2 ** 32);
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

/** The same catalogue with renamed services. */
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
