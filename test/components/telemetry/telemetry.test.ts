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
    const found = telemetries.find(
        ({ metadata }) => metadata.namespace === namespace && metadata.name === name,
    );
    assert.ok(found !== undefined, `${namespace}/${name}`);
    return found.spec;
}

/** The value that an expression of `path.matches(…) ? … :` has for a path: read as Envoy reads it, case by case. */
function classOf(expression: string, path: string): string {
    const cases = [...expression.matchAll(/request\.url_path\.matches\('([^']*)'\) \? '([^']*)' : /g)];
    const hit = cases.find(([, pattern = ""]) => new RegExp(pattern.replaceAll("\\\\", "\\")).test(path));
    return hit?.[2] ?? /'(\w+)'$/.exec(expression)?.[1] ?? "";
}

describe("the class of a path", () => {
    for (const [name, service] of servicesOf(catalogue)) {
        const expression = pathClass(service);

        it(`tells what each request of ${name} is about, in few words`, () => {
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

    it("is other for what the service does not offer, whatever it begins with", () => {
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
    it("is compared with those listed, and never written as it comes", () => {
        assert.equal(
            tenant(["acme", "b"]),
            "!('x-tenant' in request.headers) ? 'none' : request.headers['x-tenant'] in ['acme', 'b'] ? request.headers['x-tenant'] : 'other'",
        );
        assert.equal(tenant([]), "!('x-tenant' in request.headers) ? 'none' : 'other'");
    });
});

describe("the access log", () => {
    it("begins at each service where its answers are slow", () => {
        for (const [name, { slowAfter = "200ms" }] of servicesOf(catalogue)) {
            const [logging, ...rest] = named(NAMESPACES.services, name).accessLogging ?? [];
            assert.deepEqual(rest, []);
            const limit = slowAfter.endsWith("ms") ? slowAfter : `${Number.parseFloat(slowAfter) * 1000}ms`;
            const expression = logging?.filter?.expression ?? "";
            assert.ok(expression.endsWith(`response.backend_latency > duration('${limit}')`), name);
            assert.equal(logging?.match?.mode, "SERVER");
        }
        assert.ok(servicesOf(catalogue).some(([, { slowAfter }]) => slowAfter !== undefined));
    });

    it("has at the caller what never arrived, and not once more what the callee writes", () => {
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
    it("are as few on the node as in production, by the same expressions", () => {
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

    it("are counted by Envoy's access log on the node alone", () => {
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

/** The patches that a workload's proxy gets: the mesh's, its namespace's, and its own. */
function patchesAt(filters: readonly EnvoyFilterManifest[], namespace: string, workload: string): Patches {
    return filters
        .filter(({ metadata }) => [NAMESPACES.system, namespace].includes(metadata.namespace))
        .filter(({ spec }) => {
            const own = spec.workloadSelector?.labels?.["sparc.dev/service"];
            return own === undefined || own === workload;
        })
        .flatMap(({ spec }) => spec.configPatches ?? []);
}

/** The labels of the count of requests, with where each comes from. */
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
