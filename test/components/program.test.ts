import assert from "node:assert/strict";
import { platform as catalogue } from "../../catalogue/platform";
import { type Manifest, manifestKey, type Release } from "../../components/base/manifest";
import { CONCERNS, deriveAll } from "../../components/concerns";
import { loadStackFile } from "../../config/load";
import { releaseInputs } from "../../local/engine/packaged";
import { type Registered, runProgram } from "../support/program";

const ROOT = `${__dirname}/../..`;
const LATE_ADD_ONS = ["coredns", "aws-ebs-csi-driver", "metrics-server"].map(
    (name) => `cluster-add-ons-late-${name}`,
);
const RELEASE = "kubernetes:helm.sh/v3:Release";
const SECRET = "kubernetes:core/v1:Secret";

for (const stack of ["local", "dev", "prod"]) {
    describe(`the program of stack ${stack}`, function () {
        // About 800 resources, possibly on a busy machine.
        this.timeout(240_000);
        const config = loadStackFile(stack, ROOT);
        const derived = deriveAll({ catalogue, config });
        let resources: readonly Registered[];
        before(async () => {
            resources = await runProgram(stack);
        });

        it("registers exactly the objects that the concerns derive", () => {
            // The engine determines the content of Secrets: test/components/observability/grafana-admin.test.ts
            const objects = resources.filter(
                ({ type }) => type.startsWith("kubernetes:") && ![RELEASE, SECRET].includes(type),
            );
            const registered = objects.map(({ inputs }) => manifestKey(inputs as unknown as Manifest)).sort();
            assert.deepEqual(registered, derived.objects.map(manifestKey).sort());
            for (const { inputs } of objects) {
                const key = manifestKey(inputs as unknown as Manifest);
                assert.deepEqual(
                    inputs,
                    derived.objects.find((object) => manifestKey(object) === key),
                );
            }
        });

        it("registers exactly the releases that the concerns derive, atomic and with an exact version", () => {
            const releases = resources.flatMap((resource): Readonly<Record<string, unknown>>[] => {
                const inputs = releaseInputs(resource);
                return inputs === undefined ? [] : [inputs];
            });
            const byName = (all: readonly { readonly name?: unknown; readonly values?: unknown }[]) =>
                new Map(all.map(({ name, values }) => [name, values]));
            assert.equal(releases.length, derived.releases.length);
            assert.deepEqual(byName(releases), byName(derived.releases.map(decoded)));
            for (const inputs of releases) {
                assert.equal(inputs["atomic"], true);
                assert.equal(inputs["createNamespace"], false);
                if (config.istio.charts.from === "registry")
                    assert.match(String(inputs["version"]), /^v?\d+\.\d+\.\d+$/);
            }
        });

        it("gives every resource a parent component, named after its concern", () => {
            const children = resources.filter(
                ({ type }) => type.startsWith("kubernetes:") && type !== SECRET,
            );
            for (const { type, name, parent } of children) {
                const concern = CONCERNS.find((candidate) => candidate.name === parent);
                assert.ok(concern !== undefined, `${type} ${name} has the parent ${String(parent)}`);
                assert.ok(name.startsWith(`${concern.name}-`), `${name} does not start with ${concern.name}`);
            }
        });

        it("makes every custom resource depend on the releases with its CRD and webhook", () => {
            const custom = resources.filter(({ type }) => type.includes(".istio.io/"));
            assert.ok(custom.length > 100);
            for (const resource of custom)
                assertAfter(resource, ["control-plane-istio-base", "control-plane-istiod-1-31-1"]);
            const rollouts = resources.filter(({ type }) => type.includes(":flagger.app/"));
            assert.equal(rollouts.length > 4, config.delivery.enabled);
            for (const resource of rollouts)
                assertAfter(resource, ["delivery-flagger", "network-flagger-system-deny-all"]);
        });

        it("makes every Certificate and issuer depend on cert-manager, which owns their CRDs and webhook", () => {
            const custom = resources.filter(({ type }) => type.startsWith("kubernetes:cert-manager.io/"));
            assert.ok(custom.length >= 4);
            for (const resource of custom) assertAfter(resource, ["cert-manager-cert-manager"]);
        });

        it("creates the gateways' Services after their certificates are ready", () => {
            assertAfter(
                resources.find(({ name }) => name === "gateways"),
                ["certificates"],
            );
        });

        it("registers the gateways' routes after the DestinationRules whose subsets they name", () => {
            const rules = resources.filter(({ type }) => type.endsWith(":DestinationRule"));
            const routed = resources
                .filter(({ type, parent }) => type.endsWith(":VirtualService") && parent === "gateways")
                .flatMap(({ inputs }) => destinationsOf(inputs));
            // Stack local has one version of each exposed service.
            assert.equal(routed.length > 0, stack !== "local");
            const gateways = resources.find(({ name }) => name === "gateways");
            for (const { host, subset } of routed) {
                const rule = rules.find(({ inputs }) => definesSubset(inputs, host, subset));
                assert.ok(rule?.parent !== undefined, `${host} ${subset}`);
                assertAfter(gateways, [rule.parent]);
            }
        });

        it("gives each VirtualService of a service the name that it had in earlier versions", () => {
            const routes = resources.filter(
                ({ type, parent }) => type.endsWith(":VirtualService") && parent === "routing",
            );
            assert.ok(routes.length > 10);
            for (const { name, aliases } of routes)
                assert.deepEqual(aliases, [name.replace(/^routing-/, "traffic-")]);
        });

        it("keeps the deny policies as long as any workload exists", () => {
            const deployments = resources.filter(({ type }) => type === "kubernetes:apps/v1:Deployment");
            const others = [
                ...["edge-istio-ingress-ratelimit", "edge-istio-ingress-ratelimit-redis"],
                ...(config.observability.prometheus.from === "image"
                    ? ["observability-monitoring-prometheus"]
                    : []),
                ...(config.telemetry.tracing.collector.from === "stand-in"
                    ? ["observability-monitoring-collector"]
                    : []),
            ];
            assert.deepEqual(
                deployments.map(({ name }) => name).filter((name) => !name.startsWith("workloads-")),
                others,
            );
            assert.equal(deployments.length, others.length + (config.workloads.standIns ? 28 : 0));
            for (const resource of deployments) {
                assertAfter(resource, [
                    "identity-istio-system-default",
                    "access-sparc-deny-all",
                    "access-databases-deny-all",
                    "network-sparc-deny-all",
                    "network-databases-deny-all",
                ]);
            }
        });

        it("keeps what Flagger needs as long as a Canary exists, which it finalizes", () => {
            const canaries = resources.filter(({ type }) => type === "kubernetes:flagger.app/v1beta1:Canary");
            assert.equal(canaries.length > 0, config.delivery.enabled);
            for (const resource of canaries) {
                assertAfter(resource, [
                    "delivery-flagger",
                    "delivery-flagger-system-flagger",
                    "network-flagger-system-flagger",
                    "network-flagger-system-mesh-basics",
                ]);
                // Role and RoleBinding have the same name.
                const rights = resource.dependsOn.filter((name) => name === "access-sparc-flagger");
                assert.equal(rights.length, 2);
            }
        });

        it("registers a component after all resources of those it needs", () => {
            const component = (name: string) => resources.find((resource) => resource.name === name);
            const late = config.cluster.from === "eks" ? LATE_ADD_ONS : [];
            assert.deepEqual(component("control-plane")?.dependsOn, [
                "namespaces",
                "network",
                "mesh-authority",
                ...late,
            ]);
            assertAfter(component("workloads"), [
                "namespaces",
                "control-plane",
                "identity",
                "access",
                "traffic",
            ]);
            // A workload that does not become ready must not keep the gateways from starting.
            assert.equal(component("gateways")?.dependsOn.includes("workloads"), false);
            assertAfter(component("gateways"), [
                "namespaces",
                "control-plane",
                "identity",
                "access",
                "edge",
                // A destroy goes the other way: Helm waits until the gateways' Services, and with them the load balancers, are
                // deleted while their controller still runs.
                "cloud-controllers",
            ]);
        });

        it(`${config.protect ? "protects" : "does not protect"} exactly the namespaces and the gateways in the cluster`, () => {
            const guarded = resources
                .filter(({ type, protect }) => protect && type.startsWith("kubernetes:"))
                .map(({ type }) => type);
            const expected = [
                ...Array<string>(8).fill("kubernetes:core/v1:Namespace"),
                ...Array<string>(3).fill("kubernetes:helm.sh/v3:Release"),
            ];
            assert.deepEqual(guarded, config.protect ? expected : []);
        });
    });
}

describe("a service with two versions", function () {
    this.timeout(240_000);

    it("gets its routes after the Deployments of both, and no other service's routes wait for them", async () => {
        const resources = await runProgram("local", {
            traffic: { services: { auth: { versions: { v1: 50, v2: 50 } } } },
        });
        const deployments = resources
            .filter(({ type }) => type === "kubernetes:apps/v1:Deployment")
            .map(({ name }) => name);
        assert.ok(deployments.includes("workloads-sparc-auth-v2"));
        const waiting = new Map(
            resources
                .filter(({ type }) => type.endsWith(":VirtualService"))
                .map(({ name, dependsOn }) => [name, dependsOn.filter((one) => deployments.includes(one))]),
        );
        const both = ["workloads-sparc-auth", "workloads-sparc-auth-v2"];
        assert.deepEqual(waiting.get("routing-sparc-auth")?.toSorted(), both);
        const routesOfGateways = [...waiting].filter(([name]) => name.startsWith("gateways-"));
        assert.ok(routesOfGateways.some(([, names]) => names.length === 2));
        for (const [name, names] of waiting) assert.ok([0, 2].includes(names.length), name);
        assert.deepEqual(
            [...waiting.values()].flat().filter((name) => !both.includes(name)),
            [],
        );
    });
});

/** The destinations with a subset, anywhere in an object. */
function destinationsOf(value: unknown): { readonly host: string; readonly subset: string }[] {
    if (typeof value !== "object" || value === null) return [];
    const { host, subset } = value as { host?: unknown; subset?: unknown };
    const nested = Object.values(value).flatMap(destinationsOf);
    return typeof host === "string" && typeof subset === "string" ? [{ host, subset }, ...nested] : nested;
}

function definesSubset(rule: Readonly<Record<string, unknown>>, host: string, subset: string): boolean {
    const spec = rule["spec"] as {
        readonly host: string;
        readonly subsets?: readonly { readonly name: string }[];
    };
    return spec.host === host && (spec.subsets ?? []).some(({ name }) => name === subset);
}

function assertAfter(resource: Registered | undefined, needed: readonly string[]): void {
    assert.ok(resource !== undefined);
    const missing = needed.filter((name) => !resource.dependsOn.includes(name));
    assert.deepEqual(
        missing,
        [],
        `${resource.type} ${resource.name} does not depend on ${missing.join(", ")}`,
    );
}

/** A release with the values that its provider passes to Helm: cert-manager's decodes `resources` into a type with all fields. */
function decoded({ name, values }: Release): Pick<Release, "name" | "values"> {
    if (name !== "cert-manager") return { name, values };
    return { name, values: { ...values, resources: { claims: [], ...(values["resources"] as object) } } };
}
