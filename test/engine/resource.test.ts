import assert from "node:assert/strict";
import { engineConfig, type Registration } from "../../local/engine/program/protocol";
import { plannedEntry, requestOf } from "../../local/engine/resource";

const policy = {
    apiVersion: "security.istio.io/v1",
    kind: "AuthorizationPolicy",
    metadata: { name: "deny-all", namespace: "sparc" },
    spec: {},
};

function registration(
    type: string,
    inputs: Record<string, unknown>,
    more: Partial<Registration> = {},
): Registration {
    const urn = `urn:pulumi:test::test::${type}::resource`;
    return { urn, type, name: "resource", custom: true, protect: false, inputs, dependencies: [], ...more };
}

describe("a registered resource", () => {
    it("is the object of its inputs", () => {
        assert.deepEqual(
            requestOf(registration("kubernetes:security.istio.io/v1:AuthorizationPolicy", policy)),
            {
                is: "object",
                entry: {
                    apiVersion: "security.istio.io/v1",
                    kind: "AuthorizationPolicy",
                    namespace: "sparc",
                    name: "deny-all",
                    protect: false,
                },
                object: policy,
            },
        );
    });

    it("keeps its protection, and has no namespace if its object has none", () => {
        const namespace = { apiVersion: "v1", kind: "Namespace", metadata: { name: "sparc" } };
        const request = requestOf(registration("kubernetes:core/v1:Namespace", namespace, { protect: true }));
        assert.deepEqual(request.is === "object" && request.entry, {
            apiVersion: "v1",
            kind: "Namespace",
            name: "sparc",
            protect: true,
        });
    });

    it("is the release that the component's provider would register", () => {
        const component = (inputs: Record<string, unknown>) =>
            requestOf(registration("kubernetes-cert-manager:index:CertManager", inputs, { custom: false }));
        const inputs = {
            installCRDs: true,
            webhook: { replicaCount: 2 },
            podLabels: undefined,
            helmOptions: {
                ...{ name: "cert-manager", namespace: "cert-manager", atomic: true },
                values: { crds: { keep: true }, installCRDs: false },
            },
        };
        const request = component(inputs);
        assert.ok(request.is === "release");
        assert.equal(request.entry.name, "cert-manager");
        assert.deepEqual(
            [request.release.chart, request.release.repository],
            ["cert-manager", "https://charts.jetstack.io"],
        );
        assert.deepEqual(request.release.values, {
            crds: { keep: true },
            installCRDs: true,
            webhook: { replicaCount: 2 },
        });
        const options = { ...inputs.helmOptions, chart: "charts/x", repositoryOpts: { repo: "" } };
        const folder = component({ ...inputs, helmOptions: options });
        assert.ok(folder.is === "release");
        assert.deepEqual([folder.release.chart, folder.release.repository], ["charts/x", undefined]);
        const planned = { type: "kubernetes-cert-manager:index:CertManager", protect: false };
        assert.deepEqual(
            plannedEntry({ ...planned, name: "cert-manager", namespace: "cert-manager" }),
            request.entry,
        );
    });

    it("is a release with Helm's defaults", () => {
        const inputs = {
            name: "istiod",
            namespace: "istio-system",
            chart: "/charts/istiod",
            compat: "true",
            values: { a: 1 },
        };
        const request = requestOf(registration("kubernetes:helm.sh/v3:Release", inputs));
        assert.ok(request.is === "release");
        assert.deepEqual(request.release, {
            name: "istiod",
            namespace: "istio-system",
            chart: "/charts/istiod",
            values: { a: 1 },
            createNamespace: false,
            atomic: false,
            wait: true,
            skipCrds: false,
            timeout: 300,
        });
    });

    it("has no object if it is the stack, a provider or a component", () => {
        assert.deepEqual(requestOf(registration("pulumi:pulumi:Stack", {}, { custom: false })), {
            is: "nothing",
        });
        assert.deepEqual(requestOf(registration("pulumi:providers:kubernetes", {})), { is: "nothing" });
        assert.deepEqual(requestOf(registration("sparc:mesh:Access", {}, { custom: false })), {
            is: "nothing",
        });
    });

    const PATCH = {
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata: {
            name: "orders",
            namespace: "sparc",
            annotations: { "pulumi.com/patchFieldManager": "sparc-mesh-patch" },
        },
        spec: {},
    };

    it("is a patch, without Pulumi's annotations, and never mistaken for the object", () => {
        const request = requestOf(registration("kubernetes:apps/v1:DeploymentPatch", PATCH));
        assert.deepEqual(request, {
            is: "patch",
            entry: {
                apiVersion: "apps/v1",
                kind: "Deployment(patch)",
                namespace: "sparc",
                name: "orders",
                protect: false,
            },
            object: { ...PATCH, metadata: { name: "orders", namespace: "sparc" } },
        });
        const planned = plannedEntry({
            type: "kubernetes:apps/v1:DeploymentPatch",
            protect: false,
            apiVersion: "apps/v1",
            kind: "Deployment",
            namespace: "sparc",
            name: "orders",
        });
        assert.deepEqual(planned, request.is === "patch" ? request.entry : undefined);
    });

    it("is an object if its own kind ends in Patch", () => {
        const object = { ...PATCH, apiVersion: "example.com/v1", kind: "BatchPatch" };
        assert.equal(requestOf(registration("kubernetes:example.com/v1:BatchPatch", object)).is, "object");
    });

    const rejected: readonly (readonly [string, Registration, RegExp])[] = [
        ["of another provider", registration("aws:ec2/vpc:Vpc", {}), /aws:ec2\/vpc:Vpc/],
        [
            "that is a chart rendered by the provider",
            registration("kubernetes:helm.sh/v4:Chart", {}, { custom: false }),
            /helm\.sh\/v4:Chart/,
        ],
        [
            "that patches with a generated field manager, or by force",
            registration("kubernetes:apps/v1:DeploymentPatch", {
                ...PATCH,
                metadata: { name: "orders", annotations: { "pulumi.com/patchForce": "true" } },
            }),
            /patch of Deployment "orders" with the annotation pulumi\.com\/patchFieldManager other than sparc-mesh-patch and pulumi\.com\/patchForce/,
        ],
        [
            "that is read or imported",
            registration("kubernetes:core/v1:Service", policy, { importId: "sparc/auth" }),
            /imported resources or resources that the program reads/,
        ],
        [
            "whose name is generated in every run",
            registration("kubernetes:core/v1:Service", { apiVersion: "v1", kind: "Service", metadata: {} }),
            /without metadata\.name/,
        ],
        [
            "with an option that this engine would ignore",
            registration("kubernetes:helm.sh/v3:Release", {
                name: "x",
                chart: "x",
                postrender: "y",
                devel: true,
            }),
            /the options postrender, devel of release "resource"/,
        ],
    ];
    for (const [name, resource, message] of rejected) {
        it(`is rejected ${name}`, () => {
            assert.throws(() => requestOf(resource), { name: "UnsupportedError", message });
        });
    }
});

describe("a planned resource", () => {
    it("is identified by the names in its constructor", () => {
        const { type, protect } = registration("kubernetes:x:Y", {});
        const object = { type, protect, apiVersion: "v1", kind: "Service", namespace: "sparc", name: "auth" };
        assert.deepEqual(plannedEntry(object), {
            apiVersion: "v1",
            kind: "Service",
            namespace: "sparc",
            name: "auth",
            protect: false,
        });
        const release = {
            type: "kubernetes:helm.sh/v3:Release",
            protect: true,
            name: "istiod",
            namespace: "istio-system",
        };
        assert.deepEqual(plannedEntry(release), {
            apiVersion: "helm",
            kind: "Release",
            namespace: "istio-system",
            name: "istiod",
            protect: true,
        });
    });

    it("is not identified yet if its name is a promise, and never if it has no object", () => {
        assert.equal(
            plannedEntry({
                type: "kubernetes:core/v1:Service",
                protect: false,
                apiVersion: "v1",
                kind: "Service",
            }),
            undefined,
        );
        assert.equal(plannedEntry({ type: "sparc:mesh:Access", protect: false }), undefined);
    });
});

describe("a program's configuration", () => {
    it("is text as the Pulumi engine passes it: JSON for anything but strings", () => {
        assert.deepEqual(
            engineConfig("sparc-mesh", {
                domain: "sparc.local",
                protect: true,
                istio: { replicas: 1 },
                context: undefined,
            }),
            {
                "sparc-mesh:domain": "sparc.local",
                "sparc-mesh:protect": "true",
                "sparc-mesh:istio": '{"replicas":1}',
            },
        );
    });
});
