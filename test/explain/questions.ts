/** Worlds and questions for the tests of `mesh explain`. */
import type { Catalogue } from "../../catalogue/model";
import { type Explanation, explain } from "../../cli/explain/explain";
import { World } from "../../cli/explain/world/world";
import type { Manifest } from "../../components/base/manifest";
import { deriveAll } from "../../components/concerns";
import { parseConfig } from "../../config/load";

export const config = parseConfig("test", {
    domain: "mesh.example.com",
    network: { loadBalancers: ["10.96.224.0/24"] },
    workloads: { standIns: true, image: "stand-in:1" },
});

/** The world that a catalogue yields, and what `change` makes of its objects. */
export function worldOf(
    catalogue: Catalogue,
    change: (objects: readonly Manifest[]) => readonly Manifest[] = (objects) => objects,
): World {
    const { objects, releases } = deriveAll({ catalogue, config });
    return new World({ releases, objects: change(objects) });
}

/** Every service's questions to every service and store, with all that is offered. */
export function matrix(world: World, catalogue: Catalogue): Explanation[] {
    const services = Object.keys(catalogue.services);
    const destinations = [...services, ...Object.keys(catalogue.stores).map((name) => `databases/${name}`)];
    return services.flatMap((source) =>
        destinations.flatMap((destination) => explain(world, catalogue, { source, destination })),
    );
}

/** A question, and whether it is allowed, on one line. */
export function line({ source, destination, port, request, verdict }: Explanation): string {
    return `${source} > ${destination} ${port} ${request} ${verdict.allowed ? "allowed" : "denied"}`;
}

/** The questions whose verdicts differ, without the verdicts. */
export function differing(before: readonly Explanation[], after: readonly Explanation[]): Explanation[] {
    return after.filter(({ verdict }, index) => verdict.allowed !== before[index]?.verdict.allowed);
}
