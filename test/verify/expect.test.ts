import assert from "node:assert/strict";
import { platform as catalogue } from "../../catalogue/platform";
import { edges, exposures, storeEdges } from "../../catalogue/query";
import type { KubeObject } from "../../cli/verify/drift/objects";
import { judge } from "../../cli/verify/judge";
import type { Check } from "../../cli/verify/model";
import { apiServerChecks } from "../../cli/verify/plan/api-server";
import { egressChecks } from "../../cli/verify/plan/egress";
import { expectations } from "../../cli/verify/plan/expect";
import { counts } from "../../cli/verify/report/model";
import { ENTRY_GATEWAYS } from "../../components/base/names";
import { deriveAll } from "../../components/concerns";
import { loadStackFile } from "../../config/load";
import { GATEWAY_ADDRESS, played } from "./outside";
import { SimulatedMesh } from "./simulated-mesh";

const config = loadStackFile("local", `${__dirname}/../..`);
const platform = { catalogue, config };
const checks = [
    ...expectations(platform),
    ...egressChecks(platform, played(catalogue), [GATEWAY_ADDRESS]),
    ...apiServerChecks(catalogue, [{ host: "10.254.77.2", port: 6443 }]),
];
const objects: readonly KubeObject[] = deriveAll(platform).objects;

describe("the checks of the platform", () => {
    it("are these, by layer and expectation", () => {
        const mesh = new SimulatedMesh(objects);
        const found = counts(checks.map((check) => judge(check, mesh.ask(check))));
        assert.deepEqual(
            found.map(({ layer, expected, checks: n }) => `${layer} ${expected} ${n}`),
            [
                "identity rbac 4805",
                "identity answered 318",
                "identity path-refused 85",
                "identity refused-handshake 28",
                "source no-route 1249",
                "source answered 152",
                "source rbac 103",
                "entry answered 80",
                "entry rbac 100",
                "entry token-refused 22",
                "entry path-refused 39",
                "entry certificate-refused 2",
                "entry no-route 20",
                "entry no-tls-version 5",
                "entry redirect 3",
                "entry refused-handshake 3",
                "resilience attempts 82",
                "resilience given-up 79",
                "resilience answered 28",
                "egress no-route 801",
                "egress rbac 669",
                "egress no-name 49",
                "egress left 62",
            ],
        );
    });

    it("have an id each, which the probe takes", () => {
        assert.equal(new Set(checks.map(({ id }) => id)).size, checks.length);
        for (const { id } of checks) assert.match(id, /^[\x20-\x7e]{1,256}$/);
    });

    it("ask every port of every service and store, as every source", () => {
        const workloads = [...Object.values(catalogue.services), ...Object.values(catalogue.stores)];
        const ports = workloads.reduce((sum, workload) => sum + Object.keys(workload.ports).length + 1, 0);
        const services = Object.keys(catalogue.services).length;
        const pairs = (layer: string) =>
            new Set(checks.filter((check) => check.layer === layer).map(pair)).size;
        assert.equal(pairs("identity"), (services + 5) * ports);
        assert.equal(pairs("source"), services * ports);
    });

    it("ask for every request of every call, and for one that it does not make", () => {
        for (const { caller, callee, call, portName, port } of edges(catalogue)) {
            const own = checks.filter(
                ({ source, destination }) =>
                    source.name === caller &&
                    destination.name === callee &&
                    destination.portName === portName,
            );
            for (const layer of ["identity", "source"]) {
                const answered = own.filter(
                    (check) => check.layer === layer && check.expected.kind === "answered",
                );
                assert.ok(
                    answered.length >= (call.requests ?? call.methods ?? [1]).length,
                    `${caller} → ${callee}`,
                );
            }
            const refused = own.filter(
                ({ layer, expected }) => layer === "identity" && expected.kind === "rbac",
            );
            assert.ok(refused.length > 0 || port.protocol === "tcp", `${caller} → ${callee} on ${portName}`);
        }
    });

    it("expect an answer only where an edge leads", () => {
        const allowed = new Set([
            ...edges(catalogue).map(({ caller, callee, portName }) => `${caller}>${callee}/${portName}`),
            ...storeEdges(catalogue).map(({ caller, store, portName }) => `${caller}>${store}/${portName}`),
            ...exposures(catalogue).map(({ service, exposure, portName }) => {
                return `(${ENTRY_GATEWAYS[exposure.gateway]})>${service}/${portName}`;
            }),
        ]);
        const answered = checks.filter(
            ({ layer, expected }) => layer !== "entry" && layer !== "egress" && expected.kind === "answered",
        );
        assert.deepEqual(new Set(answered.map(pair)), allowed);
    });

    it("hold of the objects that the program renders", () => {
        const mesh = new SimulatedMesh(objects);
        const different = checks
            .map((check) => judge(check, mesh.ask(check)))
            .filter(({ agrees }) => !agrees);
        assert.deepEqual(
            different.map(({ check, got }) => `${check.id}: ${got}`),
            [],
        );
    });

    it("fail without any one of the program's policies and routes of calls, identity and sight", () => {
        const kinds = new Set([
            ...["AuthorizationPolicy", "EnvoyFilter", "PeerAuthentication", "RequestAuthentication"],
            ...["Sidecar", "VirtualService"],
        ]);
        // What only the other policies' absence would show: see the next test.
        const backedUp = new Set(["deny-all", "default", "metrics-from-prometheus"]);
        // What counts and what limits, what spreads, what traces, and what keeps for the log: see test/live/edge.test.ts,
        // traffic.test.ts, telemetry.test.ts, tracing.test.ts and egress.test.ts; of paths see test/edge.
        const limiter =
            /^ratelimit|^limit-|-limits$|-hash$|^istio-metrics|^prometheus$|^collector|-sampling$|^request-headers$/;
        // Where the word of everybody who may call counts: the filter is for who should not get that far.
        const everybody = new Set(
            Object.entries(catalogue.services)
                .filter(
                    ([name, { exposures: exposed = [] }]) =>
                        edges(catalogue)
                            .filter(({ callee }) => callee === name)
                            .every(({ call }) => call.assertsTenant === true) &&
                        exposed.every(
                            ({ authentication, tenantPaths = [] }) =>
                                authentication === "jwt" && tenantPaths.length === 0,
                        ),
                )
                .map(([name]) => `${name}-tenant-context`),
        );
        assert.ok(everybody.size < 10, [...everybody].join());
        for (const object of objects.filter(
            ({ kind, metadata, spec }) =>
                kinds.has(kind) &&
                !backedUp.has(metadata.name) &&
                !limiter.test(metadata.name) &&
                !everybody.has(metadata.name) &&
                // Callers inside are asked about in test/edge: the simulation reads the gateways' alone.
                !(metadata.name === "canonical-paths" && metadata.namespace === "istio-system") &&
                !isAtGateway(spec) &&
                // A stream has no timeout and is not tried again: a route says no more than none does.
                !(kind === "VirtualService" && streamsOnly(metadata.name)),
        )) {
            // The mesh-wide STRICT stands behind a service's own, which then only leaves its health port closed.
            const mesh = new SimulatedMesh(objects.filter((other) => other !== object));
            const agrees = nearestFirst(object).every((check) => judge(check, mesh.ask(check)).agrees);
            assert.equal(agrees, false, `${object.kind} ${object.metadata.name} is not needed`);
        }
    });
});

/**
 * All checks, and first those of the services that an object is named after, and then those that are few: one of them mostly
 * fails without it.
 */
function nearestFirst({ metadata }: KubeObject): readonly Check[] {
    const isNear = ({ source, destination }: Check): boolean =>
        [source.name, destination.name].some((name) => metadata.name.includes(name));
    const layers = ["entry", "resilience", "egress", "source", "identity"];
    const rank = (check: Check): number => (isNear(check) ? -1 : layers.indexOf(check.layer));
    return checks
        .map((check) => ({ check, rank: rank(check) }))
        .sort((a, b) => a.rank - b.rank)
        .map(({ check }) => check);
}

function streamsOnly(callee: string): boolean {
    return edges(catalogue)
        .filter((edge) => edge.callee === callee)
        .every(({ call }) => call.timeout === "stream");
}

/** A gateway's routes are not read by the simulation. */
function isAtGateway(spec: unknown): boolean {
    return typeof spec === "object" && spec !== null && "gateways" in spec;
}

function pair({ source, destination }: Check): string {
    return `${source.name}>${destination.name}/${destination.portName}`;
}
