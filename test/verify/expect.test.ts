import assert from "node:assert/strict";
import { platform as catalogue } from "../../catalogue/platform";
import { edges, exposures, storeEdges } from "../../catalogue/query";
import type { KubeObject } from "../../cli/lib/drift/objects";
import { assess } from "../../cli/verify/assess";
import type { Check } from "../../cli/verify/model";
import { apiServerChecks } from "../../cli/verify/plan/api-server";
import { egressChecks } from "../../cli/verify/plan/egress";
import { expectations } from "../../cli/verify/plan/expect";
import { counts } from "../../cli/verify/report/model";
import { INGRESS_GATEWAYS } from "../../components/base/names";
import { deriveAll } from "../../components/concerns";
import { loadStackFile } from "../../config/load";
import { GATEWAY_ADDRESS, simulatedExternal } from "./external";
import { SimulatedMesh } from "./simulated-mesh";

const config = loadStackFile("local", `${__dirname}/../..`);
const platform = { catalogue, config };
const checks = [
    ...expectations(platform),
    ...egressChecks(platform, simulatedExternal(catalogue), [GATEWAY_ADDRESS]),
    ...apiServerChecks(catalogue, [{ host: "10.254.77.2", port: 6443 }]),
];
const objects: readonly KubeObject[] = deriveAll(platform).objects;

describe("the checks of the platform", () => {
    it("have these counts by layer and expectation", () => {
        const mesh = new SimulatedMesh(objects);
        const totals = counts(checks.map((check) => assess(check, mesh.send(check))));
        assert.deepEqual(
            totals.map(({ layer, expected, checks: n }) => `${layer} ${expected} ${n}`),
            [
                "identity rbac 4869",
                "identity answered 318",
                "identity path-rejected 85",
                "identity handshake-rejected 28",
                "authorization no-route 1249",
                "authorization answered 152",
                "authorization rbac 103",
                "ingress answered 80",
                "ingress rbac 100",
                "ingress token-rejected 22",
                "ingress path-rejected 39",
                "ingress certificate-rejected 2",
                "ingress no-route 20",
                "ingress tls-version-rejected 5",
                "ingress redirect 3",
                "ingress handshake-rejected 3",
                "resilience attempts 82",
                "resilience timeout 79",
                "resilience answered 28",
                "egress no-route 801",
                "egress rbac 669",
                "egress no-such-host 49",
                "egress via-egress-gateway 62",
            ],
        );
    });

    it("each have an id that the prober accepts", () => {
        assert.equal(new Set(checks.map(({ id }) => id)).size, checks.length);
        for (const { id } of checks) assert.match(id, /^[\x20-\x7e]{1,256}$/);
    });

    it("probe every port of every service and store, from every source", () => {
        const workloads = [...Object.values(catalogue.services), ...Object.values(catalogue.stores)];
        const ports = workloads.reduce((sum, workload) => sum + Object.keys(workload.ports).length + 1, 0);
        const services = Object.keys(catalogue.services).length;
        const pairs = (layer: string) =>
            new Set(checks.filter((check) => check.layer === layer).map(pair)).size;
        assert.equal(pairs("identity"), (services + 5) * ports);
        assert.equal(pairs("authorization"), services * ports);
    });

    it("probe every request of every call, and one that the call does not make", () => {
        for (const { caller, callee, call, portName, port } of edges(catalogue)) {
            const callChecks = checks.filter(
                ({ source, destination }) =>
                    source.name === caller &&
                    destination.name === callee &&
                    destination.portName === portName,
            );
            for (const layer of ["identity", "authorization"]) {
                const answered = callChecks.filter(
                    (check) => check.layer === layer && check.expected.kind === "answered",
                );
                assert.ok(
                    answered.length >= (call.requests ?? call.methods ?? [1]).length,
                    `${caller} → ${callee}`,
                );
            }
            const denied = callChecks.filter(
                ({ layer, expected }) => layer === "identity" && expected.kind === "rbac",
            );
            assert.ok(denied.length > 0 || port.protocol === "tcp", `${caller} → ${callee} on ${portName}`);
        }
    });

    it("expect an answer only for calls with an edge", () => {
        const allowed = new Set([
            ...edges(catalogue).map(({ caller, callee, portName }) => `${caller}>${callee}/${portName}`),
            ...storeEdges(catalogue).map(({ caller, store, portName }) => `${caller}>${store}/${portName}`),
            ...exposures(catalogue).map(({ service, exposure, portName }) => {
                return `(${INGRESS_GATEWAYS[exposure.gateway]})>${service}/${portName}`;
            }),
        ]);
        const answered = checks.filter(
            ({ layer, expected }) =>
                layer !== "ingress" && layer !== "egress" && expected.kind === "answered",
        );
        assert.deepEqual(new Set(answered.map(pair)), allowed);
    });

    it("pass with the objects that the program renders", () => {
        const mesh = new SimulatedMesh(objects);
        const different = checks
            .map((check) => assess(check, mesh.send(check)))
            .filter(({ passed }) => !passed);
        assert.deepEqual(
            different.map(({ check, actual }) => `${check.id}: ${actual}`),
            [],
        );
    });

    it("fail if any one of the program's policies, Sidecars or routes is missing", () => {
        const kinds = new Set([
            ...["AuthorizationPolicy", "EnvoyFilter", "PeerAuthentication", "RequestAuthentication"],
            ...["Sidecar", "VirtualService"],
        ]);
        // Their absence shows only if other policies are also missing: see the next test.
        const redundant = new Set(["deny-all", "default", "metrics-from-prometheus"]);
        // Metrics, rate limits, load balancing, tracing, access logs: see test/live/edge.test.ts, traffic.test.ts,
        // telemetry.test.ts, tracing.test.ts and egress.test.ts. Paths: see test/edge.
        const limiter =
            /^ratelimit|^limit-|-limits$|-hash$|^istio-metrics|^prometheus$|^collector|-sampling$|^request-(headers|trailers)$/;
        // Where every allowed caller may assert the tenant, the filter only matters for denied callers.
        const tenantFilters = new Set(
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
        assert.ok(tenantFilters.size < 10, [...tenantFilters].join());
        for (const object of objects.filter(
            ({ kind, metadata, spec }) =>
                kinds.has(kind) &&
                !redundant.has(metadata.name) &&
                !limiter.test(metadata.name) &&
                !tenantFilters.has(metadata.name) &&
                // test/edge tests it for callers in the mesh: the simulation reads only the gateways'.
                !(metadata.name === "canonical-paths" && metadata.namespace === "istio-system") &&
                !isAtGateway(spec) &&
                // A stream has no timeout and no retries, so its route has no effect.
                !(kind === "VirtualService" && streamsOnly(metadata.name)),
        )) {
            // Without a service's PeerAuthentication the mesh-wide STRICT applies, and only closes the health port.
            const mesh = new SimulatedMesh(objects.filter((other) => other !== object));
            const passed = nearestFirst(object).every((check) => assess(check, mesh.send(check)).passed);
            assert.equal(passed, false, `${object.kind} ${object.metadata.name} is not needed`);
        }
    });
});

/**
 * All checks, sorted: first those of the services that an object is named after, then those of small layers, since one of these
 * usually fails without the object.
 */
function nearestFirst({ metadata }: KubeObject): readonly Check[] {
    const isNear = ({ source, destination }: Check): boolean =>
        [source.name, destination.name].some((name) => metadata.name.includes(name));
    const layers = ["ingress", "resilience", "egress", "authorization", "identity"];
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

/** The simulation does not read a gateway's routes. */
function isAtGateway(spec: unknown): boolean {
    return typeof spec === "object" && spec !== null && "gateways" in spec;
}

function pair({ source, destination }: Check): string {
    return `${source.name}>${destination.name}/${destination.portName}`;
}
