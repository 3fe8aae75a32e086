import assert from "node:assert/strict";
import * as fc from "fast-check";
import { edges, exposures, storeEdges } from "../../catalogue/query";
import { assess } from "../../cli/verify/assess";
import { egressChecks } from "../../cli/verify/plan/egress";
import { expectations } from "../../cli/verify/plan/expect";
import { deriveAll } from "../../components/concerns";
import { loadStackFile } from "../../config/load";
import { arbitraryCatalogue } from "../catalogue/arbitrary";
import { cases } from "../support/cases";
import { GATEWAY_ADDRESS, simulatedExternal } from "./external";
import { SimulatedMesh } from "./simulated-mesh";

const config = loadStackFile("local", `${__dirname}/../..`);

describe("the checks of any catalogue", () => {
    it("pass with the objects that the program renders for it", () => {
        const property = fc.property(arbitraryCatalogue(), (catalogue) => {
            const platform = { catalogue, config };
            const mesh = new SimulatedMesh(deriveAll(platform).objects);
            const outward = egressChecks(platform, simulatedExternal(catalogue), [GATEWAY_ADDRESS]);
            for (const check of [...expectations(platform), ...outward]) {
                const { passed, actual } = assess(check, mesh.send(check));
                assert.ok(passed, `${check.id} ${JSON.stringify(check.request)}: ${actual}`);
            }
        });
        fc.assert(property, { numRuns: cases(12, 40) });
    });

    it("expect an answer exactly for the calls with an edge", () => {
        const property = fc.property(arbitraryCatalogue(), (catalogue) => {
            const declared = new Set([
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
            const allowedPorts = new Set<string>();
            for (const { source, destination } of answered) {
                const port = `${destination.name}/${destination.portName}`;
                if (source.kind === "service") allowedPorts.add(`${source.name}>${port}`);
                else assert.ok(exposed.has(port), `${source.name} > ${port}`);
            }
            assert.deepEqual(allowedPorts, declared);
        });
        fc.assert(property, { numRuns: cases(40, 100) });
    });

    it("detect every external group that is removed from a service but not from the cluster", () => {
        const property = fc.property(arbitraryCatalogue(), fc.nat(), (catalogue, pick) => {
            const all = Object.entries(catalogue.services).flatMap(([name, { external = [] }]) =>
                external.map((group) => ({ name, group })),
            );
            const removed = all[pick % Math.max(all.length, 1)];
            fc.pre(removed !== undefined);
            const caller = catalogue.services[removed.name]!;
            const external = caller.external!.filter((group) => group !== removed.group);
            const services = { ...catalogue.services, [removed.name]: { ...caller, external } };
            const mesh = new SimulatedMesh(deriveAll({ catalogue, config }).objects);
            const platform = { catalogue: { ...catalogue, services }, config };
            const different = egressChecks(platform, simulatedExternal(catalogue), [GATEWAY_ADDRESS])
                .map((check) => assess(check, mesh.send(check)))
                .filter(({ passed }) => !passed);
            const mismatches = new Set(
                different.map(({ check }) => `${check.source.name}>${check.egress?.from}`),
            );
            for (const from of ["pod", "prober"]) assert.ok(mismatches.has(`${removed.name}>${from}`), from);
        });
        fc.assert(property, { numRuns: cases(20, 60) });
    });

    it("detect every edge that is removed from the catalogue but not from the cluster", () => {
        const property = fc.property(arbitraryCatalogue(), fc.nat(), (catalogue, pick) => {
            const all = edges(catalogue);
            const removed = all[pick % Math.max(all.length, 1)];
            fc.pre(removed !== undefined);
            const caller = catalogue.services[removed.caller]!;
            const rest = caller.calls!.filter((_call, index) => index !== removed.index);
            const services = { ...catalogue.services, [removed.caller]: { ...caller, calls: rest } };
            const mesh = new SimulatedMesh(deriveAll({ catalogue, config }).objects);
            const different = expectations({ catalogue: { ...catalogue, services }, config })
                .map((check) => assess(check, mesh.send(check)))
                .filter(({ passed }) => !passed);
            assert.ok(different.length > 0);
            for (const { check } of different) {
                assert.equal(check.source.name, removed.caller);
                assert.equal(check.destination.name, removed.callee);
            }
        });
        fc.assert(property, { numRuns: cases(20, 60) });
    });
});
