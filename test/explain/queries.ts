/** Mesh snapshots and access queries for the tests of `mesh explain`. */
import type { Catalogue } from "../../catalogue/model";
import { type Explanation, explain } from "../../cli/explain/explain";
import { MeshSnapshot } from "../../cli/lib/snapshot/snapshot";
import type { Manifest } from "../../components/base/manifest";
import { deriveAll } from "../../components/concerns";
import { testConfig } from "../support/config";

export const config = testConfig({
    domain: "mesh.example.com",
    network: { loadBalancerCidrs: ["10.96.224.0/24"] },
    workloads: { standIns: true, image: "stand-in:1" },
});

/** The snapshot of a catalogue, with its objects after `change`. */
export function snapshotOf(
    catalogue: Catalogue,
    change: (objects: readonly Manifest[]) => readonly Manifest[] = (objects) => objects,
): MeshSnapshot {
    const { objects, releases } = deriveAll({ catalogue, config });
    return new MeshSnapshot({ releases, objects: change(objects) });
}

/** Queries of every service to every service and store, for every offered operation. */
export function matrix(snapshot: MeshSnapshot, catalogue: Catalogue): Explanation[] {
    const services = Object.keys(catalogue.services);
    const destinations = [...services, ...Object.keys(catalogue.stores).map((name) => `databases/${name}`)];
    return services.flatMap((source) =>
        destinations.flatMap((destination) => explain(snapshot, catalogue, { source, destination })),
    );
}

/** A query with its verdict, on one line. */
export function line({ source, destination, port, request, verdict }: Explanation): string {
    return `${source} > ${destination} ${port} ${request} ${verdict.allowed ? "allowed" : "denied"}`;
}

/** The queries whose verdicts differ, without the verdicts. */
export function differing(before: readonly Explanation[], after: readonly Explanation[]): Explanation[] {
    return after.filter(({ verdict }, index) => verdict.allowed !== before[index]?.verdict.allowed);
}
