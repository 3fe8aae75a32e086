/** Path filters that other teams could write: `mesh explain` decides as a real Envoy does, or reports them as not evaluated. */
import assert from "node:assert/strict";
import { isPathFilter, rejectedPaths } from "../../cli/lib/evaluate/rejected-paths";
import { filters } from "../../cli/lib/evaluate/tokens-and-filters";
import { isTenantContext } from "../../cli/lib/evaluate/tenant-context";
import type { Workload } from "../../cli/lib/evaluate/model";
import { MeshSnapshot } from "../../cli/lib/snapshot/snapshot";
import type { EnvoyFilterManifest } from "../../components/base/manifest";
import { sendRequest } from "../support/envoy/client";
import { freePorts, requireEnvoy, type RunningEnvoy, startEnvoy } from "../support/envoy/program";
import {
    DENIES_ADMIN,
    EVALUATED,
    EXTENSIONS,
    type Json,
    listener,
    listOf,
    MANAGER,
    matched,
    NOT_EVALUATED,
    rbac,
    regex,
    single,
    SKIPS_ALL,
    urlPath,
} from "./path-filters";

const PATHS = [
    "/",
    "/x",
    "/admin",
    "/admin/x",
    "/admin/public",
    "/admin/PUBLIC",
    "/ADMIN/public",
    "/admin/a.png",
    "/admin/x?q=1",
    "/admin/a?public",
    "/public",
];
const HOSTS = ["a.example", "b.example"];

const workload: Workload = {
    kind: "service",
    name: "carts",
    namespace: "shop",
    labels: { app: "carts" },
} as unknown as Workload;

function filterOf(config: Json, more: Json = {}, match: Json = {}): EnvoyFilterManifest {
    return {
        apiVersion: "networking.istio.io/v1alpha3",
        kind: "EnvoyFilter",
        metadata: { name: "paths", namespace: "shop" },
        spec: {
            configPatches: [
                {
                    applyTo: "HTTP_FILTER",
                    match: {
                        context: "SIDECAR_INBOUND",
                        listener: { filterChain: { filter: { name: MANAGER } } },
                        ...match,
                    },
                    patch: { operation: "INSERT_FIRST", value: { name: "f", typed_config: config, ...more } },
                },
            ],
        },
    } as unknown as EnvoyFilterManifest;
}

const snapshotOf = (...objects: EnvoyFilterManifest[]): MeshSnapshot =>
    new MeshSnapshot({ releases: [], objects });
const results = (snapshot: MeshSnapshot, path: string, host: string) =>
    rejectedPaths(snapshot, workload, { path, host, port: 8080 });
const isNotEvaluated = (snapshot: MeshSnapshot): boolean =>
    filters(snapshot, workload).some(
        ({ text, conditions }) => text.includes("not evaluated") && conditions.length > 0,
    );

describe("mesh explain and path filters", () => {
    describe("compared with a real Envoy", () => {
        const cases = Object.entries({ ...EVALUATED, ...NOT_EVALUATED });
        const ports = new Map<string, number>();
        let envoy: RunningEnvoy | undefined;

        before(async function () {
            this.timeout(60_000);
            const program = await requireEnvoy(this);
            const free = await freePorts(cases.length);
            const listeners = cases.map(([name, config], index) => {
                const port = free[index] ?? 0;
                ports.set(name, port);
                return listener(port, config);
            });
            envoy = await startEnvoy(program, { static_resources: { listeners } }, free[0] ?? 0);
        });
        after(async () => envoy?.stop());

        for (const [name, config] of Object.entries(EVALUATED))
            it(`decides like Envoy: ${name}`, async () => {
                const snapshot = snapshotOf(filterOf(config));
                const decisions = new Set<boolean>();
                for (const host of HOSTS)
                    for (const path of PATHS) {
                        const { status } = await sendRequest(ports.get(name) ?? 0, { path, host });
                        const [result] = results(snapshot, path, host);
                        assert.equal(
                            result?.verdict,
                            status === 200 ? "allowed" : "denied",
                            `${host}${path}: ${status}`,
                        );
                        decisions.add(status === 200);
                    }
                assert.equal(decisions.size, name === SKIPS_ALL ? 1 : 2, "Envoy decides all requests alike");
                assert.equal(isNotEvaluated(snapshot), false);
            });

        for (const [name, config] of Object.entries(NOT_EVALUATED))
            it(`reports as not evaluated what Envoy accepts: ${name}`, async () => {
                const { status } = await sendRequest(ports.get(name) ?? 0, { path: "/x", host: "a.example" });
                assert.ok(status === 200 || status === 403, String(status));
                const snapshot = snapshotOf(filterOf(config));
                assert.deepEqual(results(snapshot, "/admin", "a.example"), []);
                assert.ok(isNotEvaluated(snapshot));
            });
    });

    for (const [what, filter] of Object.entries({
        "a patch of one proxy version": filterOf(DENIES_ADMIN, {}, { proxy: { proxyVersion: "^1\\.30.*" } }),
        "a patch of one listener": filterOf(DENIES_ADMIN, {}, { listener: { portNumber: 15006 } }),
        "a patch of one SNI": filterOf(DENIES_ADMIN, {}, { listener: { filterChain: { sni: "a.example" } } }),
        "a regular expression with ignore_case, which Envoy rejects": filterOf(
            rbac([urlPath({ ...regex("/ADMIN.*"), ignore_case: true })]),
        ),
        "a disabled filter": filterOf(DENIES_ADMIN, { disabled: true }),
        "outbound listeners": filterOf(DENIES_ADMIN, {}, { context: "SIDECAR_OUTBOUND" }),
        "listeners of both directions": filterOf(DENIES_ADMIN, {}, { context: "ANY" }),
    }))
        it(`reports ${what} as not evaluated`, () => {
            const snapshot = snapshotOf(filter);
            assert.equal(isPathFilter(filter), false);
            assert.deepEqual(results(snapshot, "/admin", "a.example"), []);
            assert.ok(isNotEvaluated(snapshot));
        });

    for (const [what, patch] of Object.entries({
        "removes it": {
            applyTo: "HTTP_FILTER",
            match: {
                context: "SIDECAR_INBOUND",
                listener: { filterChain: { filter: { name: MANAGER, subFilter: { name: "f" } } } },
            },
            patch: { operation: "REMOVE" },
        },
        "replaces it by a filter that is not evaluated": {
            applyTo: "HTTP_FILTER",
            match: {
                context: "SIDECAR_INBOUND",
                listener: { filterChain: { filter: { name: MANAGER, subFilter: { name: "f" } } } },
            },
            patch: {
                operation: "REPLACE",
                value: { name: "g", typed_config: NOT_EVALUATED["a match tree"] },
            },
        },
        "changes every filter": {
            applyTo: "HTTP_FILTER",
            match: { context: "SIDECAR_INBOUND" },
            patch: { operation: "MERGE", value: { disabled: true } },
        },
        "disables it on routes": {
            applyTo: "HTTP_ROUTE",
            match: { context: "SIDECAR_INBOUND" },
            patch: {
                operation: "MERGE",
                value: {
                    typed_per_filter_config: {
                        f: { "@type": `${EXTENSIONS}.filters.http.rbac.v3.RBACPerRoute` },
                    },
                },
            },
        },
    }))
        it(`evaluates no filter if another patch ${what}`, () => {
            const other = filterOf(DENIES_ADMIN);
            const second = {
                ...other,
                metadata: { name: "second", namespace: "shop" },
                spec: { priority: 10, configPatches: [patch] },
            } as unknown as EnvoyFilterManifest;
            const snapshot = snapshotOf(other, second);
            assert.deepEqual(results(snapshot, "/admin", "a.example"), []);
            assert.ok(isNotEvaluated(snapshot));
        });

    for (const [what, config] of Object.entries({
        "inside of a matcher": matched(listOf(single({ prefix: "/x" }))),
        "that allows": rbac([urlPath({ prefix: "/x" })], { action: "ALLOW" }),
    }))
        it(`reports a filter of the tenant context ${what} as not evaluated`, () => {
            const filter = filterOf(config, { name: "sparc.tenant_context" });
            const [patch] = filter.spec.configPatches ?? [];
            const before = { ...patch, patch: { ...patch?.patch, operation: "INSERT_BEFORE" } };
            const changed = { ...filter, spec: { configPatches: [before] } } as EnvoyFilterManifest;
            assert.equal(isTenantContext(changed), false);
            assert.ok(isNotEvaluated(snapshotOf(changed)));
        });

    it("replaces the filter that the match names, whatever the new filter's name", () => {
        const second = filterOf(rbac([urlPath({ prefix: "/x" })]));
        const replacing = {
            ...second,
            metadata: { name: "second", namespace: "shop" },
            spec: {
                priority: 10,
                configPatches: [
                    {
                        applyTo: "HTTP_FILTER",
                        match: {
                            context: "SIDECAR_INBOUND",
                            listener: {
                                filterChain: { filter: { name: MANAGER, subFilter: { name: "f" } } },
                            },
                        },
                        patch: {
                            operation: "REPLACE",
                            value: { name: "g", typed_config: rbac([urlPath({ prefix: "/x" })]) },
                        },
                    },
                ],
            },
        } as unknown as EnvoyFilterManifest;
        const snapshot = snapshotOf(filterOf(DENIES_ADMIN), replacing);
        assert.deepEqual(
            ["/admin", "/x"].map((path) =>
                results(snapshot, path, "a.example").map(({ verdict }) => verdict),
            ),
            [["allowed"], ["denied"]],
        );
    });
});
