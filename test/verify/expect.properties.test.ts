import assert from "node:assert/strict";
import * as fc from "fast-check";
import { edges, exposures, storeEdges } from "../../catalogue/query";
import { judge } from "../../cli/verify/judge";
import { egressChecks } from "../../cli/verify/plan/egress";
import { expectations } from "../../cli/verify/plan/expect";
import { deriveAll } from "../../components/concerns";
import { loadStackFile } from "../../config/load";
import { arbitraryCatalogue } from "../catalogue/arbitrary";
import { GATEWAY_ADDRESS, played } from "./outside";
import { SimulatedMesh } from "./simulated-mesh";

const config = loadStackFile("local", `${__dirname}/../..`);

describe("the checks of any catalogue", () => {
    it("hold of the objects that the program renders for it", () => {
        const property = fc.property(arbitraryCatalogue(), (catalogue) => {
            const platform = { catalogue, config };
            const mesh = new SimulatedMesh(deriveAll(platform).objects);
            const outward = egressChecks(platform, played(catalogue), [GATEWAY_ADDRESS]);
            for (const check of [...expectations(platform), ...outward]) {
                const { agrees, got } = judge(check, mesh.ask(check));
                assert.ok(agrees, `${check.id} ${JSON.stringify(check.request)}: ${got}`);
            }
        });
        fc.assert(property, { numRuns: 40 });
    });

    it("expect an answer only where an edge leads, and along each edge", () => {
        const property = fc.property(arbitraryCatalogue(), (catalogue) => {
            const led = new Set([
                ...edges(catalogue).map(({ caller, callee, portName }) => `${caller}>${callee}/${portName}`),
                ...storeEdges(catalogue).map(
                    ({ caller, store, portName }) => `${caller}>${store}/${portName}`,
                ),
            ]);
            const exposed = new Set(
                exposures(catalogue).map(({ service, portName }) => `${service}/${portName}`),
            );
            const answered = expectations({ catalogue, config }).filter(
                ({ expected }) => expected.kind === "answered",
            );
            const found = new Set<string>();
            for (const { source, destination } of answered) {
                const port = `${destination.name}/${destination.portName}`;
                if (source.kind === "service") found.add(`${source.name}>${port}`);
                else assert.ok(exposed.has(port), `${source.name} > ${port}`);
            }
            assert.deepEqual(found, led);
        });
        fc.assert(property, { numRuns: 100 });
    });

    it("find every external group that is taken out of a service but not out of the cluster", () => {
        const property = fc.property(arbitraryCatalogue(), fc.nat(), (catalogue, pick) => {
            const all = Object.entries(catalogue.services).flatMap(([name, { external = [] }]) =>
                external.map((group) => ({ name, group })),
            );
            const gone = all[pick % Math.max(all.length, 1)];
            fc.pre(gone !== undefined);
            const caller = catalogue.services[gone.name]!;
            const external = caller.external!.filter((group) => group !== gone.group);
            const services = { ...catalogue.services, [gone.name]: { ...caller, external } };
            const mesh = new SimulatedMesh(deriveAll({ catalogue, config }).objects);
            const platform = { catalogue: { ...catalogue, services }, config };
            const different = egressChecks(platform, played(catalogue), [GATEWAY_ADDRESS])
                .map((check) => judge(check, mesh.ask(check)))
                .filter(({ agrees }) => !agrees);
            const found = new Set(
                different.map(({ check }) => `${check.source.name}>${check.outside?.from}`),
            );
            for (const from of ["pod", "prober"]) assert.ok(found.has(`${gone.name}>${from}`), from);
        });
        fc.assert(property, { numRuns: 60 });
    });

    it("find every edge that is taken out of the catalogue but not out of the cluster", () => {
        const property = fc.property(arbitraryCatalogue(), fc.nat(), (catalogue, pick) => {
            const all = edges(catalogue);
            const gone = all[pick % Math.max(all.length, 1)];
            fc.pre(gone !== undefined);
            const caller = catalogue.services[gone.caller]!;
            const rest = caller.calls!.filter((_call, index) => index !== gone.index);
            const services = { ...catalogue.services, [gone.caller]: { ...caller, calls: rest } };
            const mesh = new SimulatedMesh(deriveAll({ catalogue, config }).objects);
            const different = expectations({ catalogue: { ...catalogue, services }, config })
                .map((check) => judge(check, mesh.ask(check)))
                .filter(({ agrees }) => !agrees);
            assert.ok(different.length > 0);
            for (const { check } of different) {
                assert.equal(check.source.name, gone.caller);
                assert.equal(check.destination.name, gone.callee);
            }
        });
        fc.assert(property, { numRuns: 60 });
    });
});
