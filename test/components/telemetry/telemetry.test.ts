import assert from "node:assert/strict";
import { platform as catalogue } from "../../../catalogue/platform";
import { servicesOf } from "../../../catalogue/query";
import type { EnvoyFilterManifest, TelemetryManifest } from "../../../components/base/manifest";
import { MESHED_NAMESPACES, NAMESPACES } from "../../../components/base/names";
import { pathClass, tenant } from "../../../components/telemetry/dimensions";
import { telemetry } from "../../../components/telemetry/telemetry";
import { loadStackFile } from "../../../config/load";

const ROOT = `${__dirname}/../../..`;

function derived(stack: string) {
    return telemetry.derive({ catalogue, config: loadStackFile(stack, ROOT) }).objects;
}

const telemetries = derived("prod").filter(
    (object): object is TelemetryManifest => object.kind === "Telemetry",
);

function named(namespace: string, name: string): TelemetryManifest["spec"] {
    const telemetry = telemetries.find(
        ({ metadata }) => metadata.namespace === namespace && metadata.name === name,
    );
    assert.ok(telemetry !== undefined, `${namespace}/${name}`);
    return telemetry.spec;
}

/** The value of a CEL expression `path.matches(…) ? … :` for a path, evaluated case by case like Envoy. */
function classOf(expression: string, path: string): string {
    const cases = [...expression.matchAll(/request\.url_path\.matches\('([^']*)'\) \? '([^']*)' : /g)];
    const hit = cases.find(([, pattern = ""]) => new RegExp(pattern.replaceAll("\\\\", "\\")).test(path));
    return hit?.[2] ?? /'(\w+)'$/.exec(expression)?.[1] ?? "";
}

describe("the class of a path", () => {
    for (const [name, service] of servicesOf(catalogue)) {
        const expression = pathClass(service);

        it(`classifies each request of ${name} into few classes`, () => {
            const paths = Object.values(service.ports).flatMap((port) => {
                if (port.protocol === "http")
                    return port.requests.map((request) => request.split(" ")[1] ?? "");
                if (port.protocol === "grpc")
                    return port.methods.map((method) => `/${port.service}/${method}`);
                return port.protocol === "ws" ? [port.path] : [];
            });
            const classes = paths.map((path) => classOf(expression, path.replaceAll(/\{\*+\}/g, "7f3a/x")));
            assert.ok(!classes.includes("other"), classes.join(" "));
            assert.ok(new Set(classes).size <= 6, classes.join(" "));
        });
    }

    it("is `other` for paths that the service does not offer, whatever their prefix", () => {
        const expression = pathClass(catalogue.services["recordings"] ?? assert.fail());
        assert.equal(classOf(expression, "/v1/recordings/42/exports"), "/v1/recordings");
        for (const path of [
            "/v1/recordingsx",
            "/v1",
            "/x/v1/recordings",
            "/sparcXrecordings.v1.Recordings/Get",
        ])
            assert.equal(classOf(expression, path), "other", path);
    });
});

describe("the tenant of a request", () => {
    it("is compared with the listed tenants, and never recorded unchecked", () => {
        assert.equal(
            tenant(["acme", "b"]),
            "!('x-tenant' in request.headers) ? 'none' : request.headers['x-tenant'] in ['acme', 'b'] ? request.headers['x-tenant'] : 'other'",
        );
        assert.equal(tenant([]), "!('x-tenant' in request.headers) ? 'none' : 'other'");
    });
});

describe("the access log", () => {
    it("logs requests above each service's latency threshold", () => {
        for (const [name, { latencyThreshold = "200ms" }] of servicesOf(catalogue)) {
            const [logging, ...rest] = named(NAMESPACES.services, name).accessLogging ?? [];
            assert.deepEqual(rest, []);
            const limit = latencyThreshold.endsWith("ms")
                ? latencyThreshold
                : `${Number.parseFloat(latencyThreshold) * 1000}ms`;
            const expression = logging?.filter?.expression ?? "";
            assert.ok(expression.endsWith(`response.backend_latency > duration('${limit}')`), name);
            assert.equal(logging?.match?.mode, "SERVER");
        }
        assert.ok(servicesOf(catalogue).some(([, { latencyThreshold }]) => latencyThreshold !== undefined));
    });

    it("logs at the caller only requests that never arrived at the callee", () => {
        const atCaller = (named(NAMESPACES.system, "default").accessLogging ?? []).filter(
            ({ match }) => match?.mode === "CLIENT",
        );
        assert.deepEqual(
            atCaller.map(({ filter }) => filter?.expression),
            ["response.flags > 0 || xds.route_name == 'block_all'"],
        );
    });
});

describe("Istio's metrics", () => {
    it("have the same labels on the local cluster as in production, by the same expressions", () => {
        const labels = (spec: TelemetryManifest["spec"]) =>
            (spec.metrics ?? []).flatMap(({ overrides = [] }) =>
                overrides.flatMap(({ tagOverrides = {} }) =>
                    Object.entries(tagOverrides).flatMap(([label, tag]) =>
                        tag?.operation === "UPSERT" ? [[label, tag.value]] : [],
                    ),
                ),
            );
        const production = (service: string) =>
            Object.fromEntries([
                ...labels(named(NAMESPACES.services, "default")),
                ...labels(named(NAMESPACES.services, service)),
            ]) as Record<string, string>;
        const tenants = loadStackFile("local", ROOT).telemetry.tenants;
        for (const [service] of servicesOf(catalogue)) {
            const tags = countedBy(stock(), NAMESPACES.services, service, "SIDECAR_INBOUND");
            const { tenant: whose = "", ...classes } = production(service);
            for (const [label, value] of Object.entries(classes))
                assert.equal(tags[label], `%CEL(${value})%`);
            assert.equal(tags["tenant"], `%CEL(${tenant(tenants)})%`);
            assert.notEqual(whose, "");
        }
    });

    it("are counted by Envoy's access log only on the local cluster", () => {
        for (const stack of ["dev", "prod"])
            assert.equal(derived(stack).filter(({ kind }) => kind === "EnvoyFilter").length, 0);
        assert.ok(stock().length > 20);
    });

    it("are counted once at each proxy", () => {
        const places = [
            ...servicesOf(catalogue).map(([name]) => [NAMESPACES.services, name] as const),
            ...MESHED_NAMESPACES.map((namespace) => [namespace, "anyone else"] as const),
        ];
        for (const [namespace, workload] of places) {
            const kinds = patchesAt(stock(), namespace, workload).map(
                ({ match, patch }) =>
                    `${match?.context ?? ""} ${String((patch?.value as { typed_config: Record<string, unknown> }).typed_config["@type"])}`,
            );
            assert.deepEqual([...new Set(kinds)], kinds, `${namespace}/${workload}`);
        }
    });
});

function stock(): EnvoyFilterManifest[] {
    return derived("local").filter((object): object is EnvoyFilterManifest => object.kind === "EnvoyFilter");
}

type Patches = NonNullable<EnvoyFilterManifest["spec"]["configPatches"]>;

/** The patches for a workload's proxy: the mesh's, the namespace's, and the workload's. */
function patchesAt(filters: readonly EnvoyFilterManifest[], namespace: string, workload: string): Patches {
    return filters
        .filter(({ metadata }) => [NAMESPACES.system, namespace].includes(metadata.namespace))
        .filter(({ spec }) => {
            const service = spec.workloadSelector?.labels?.["sparc.dev/service"];
            return service === undefined || service === workload;
        })
        .flatMap(({ spec }) => spec.configPatches ?? []);
}

/** The labels of the request counter, with the source of each. */
function countedBy(
    filters: readonly EnvoyFilterManifest[],
    namespace: string,
    workload: string,
    context: string,
): Record<string, string> {
    const text = patchesAt(filters, namespace, workload)
        .filter(({ match }) => match?.context === context)
        .map(({ patch }) => JSON.stringify(patch?.value))
        .find((value) => value.includes('"requests_total"'));
    const pairs = [...(text ?? "").matchAll(/\{"name":"(\w+)","value_format":("(?:[^"\\]|\\.)*")\}/g)];
    return Object.fromEntries(
        pairs.map(([, name = "", value = '""']) => [name, JSON.parse(value) as string]),
    );
}
