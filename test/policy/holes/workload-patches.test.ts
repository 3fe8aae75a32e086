/** Patches of other tools' workloads: what they add is evaluated like a workload's own fields. */
import { itAccepts, itRejects } from "./assertions";

/** A patch of the Deployment `shop/carts`, with a pod template from YAML flow mappings without braces. */
function patch(spec: string, metadata = "", name = "carts"): string {
    return `
type: kubernetes:apps/v1:DeploymentPatch
name: ${name}
properties:
  apiVersion: apps/v1
  kind: Deployment
  metadata: { name: ${name}, namespace: shop, annotations: { pulumi.com/patchFieldManager: platform } }
  spec: { template: { metadata: { ${metadata} }, spec: { ${spec} } } }
`;
}

const MESHED = `
apiVersion: v1
kind: Namespace
metadata: { name: shop, labels: { istio-injection: enabled } }
`;

const ADOPTION = patch(
    "serviceAccountName: carts, serviceAccount: carts",
    "labels: { example.com/service: carts }",
);

/** A Deployment with the account of the carts. */
function owner(labels: string): string {
    return `
apiVersion: apps/v1
kind: Deployment
metadata: { name: real-carts, namespace: shop }
spec: { template: { metadata: { labels: { ${labels} } }, spec: { serviceAccountName: carts, containers: [] } } }
`;
}

const SERVICE = `
apiVersion: v1
kind: Service
metadata: { name: carts, namespace: shop }
spec: { selector: { example.com/service: carts } }
`;

const join = (...documents: readonly string[]): string => documents.join("---");

describe("a patch of a workload that turns injection off", () => {
    itRejects("injection-no-opt-out", [
        { what: "by label", yaml: patch("", 'labels: { sidecar.istio.io/inject: "false" }') },
        { what: "by annotation", yaml: patch("", 'annotations: { sidecar.istio.io/inject: "false" }') },
        { what: "on the host's network", yaml: patch("hostNetwork: true") },
    ]);
    itAccepts("injection-no-opt-out", [{ what: "an adoption", yaml: ADOPTION }]);
});

describe("a patch of a workload that bypasses the sidecar", () => {
    itRejects("injection-no-bypass", [
        {
            what: "for inbound ports",
            yaml: patch("", 'annotations: { traffic.sidecar.istio.io/excludeInboundPorts: "8080" }'),
        },
        { what: "as the sidecar's user", yaml: patch("securityContext: { runAsUser: 1337 }") },
    ]);
    itAccepts("injection-no-bypass", [{ what: "an adoption", yaml: ADOPTION }]);
});

describe("a patch of a workload that gives it another's identity", () => {
    itRejects("injection-dedicated-service-account", [
        {
            what: "of a workload in another Service",
            yaml: join(MESHED, SERVICE, owner("app: other"), ADOPTION),
        },
        {
            what: "in two patches",
            yaml: join(MESHED, ADOPTION, patch("serviceAccountName: carts", "", "thief")),
        },
    ]);
    itAccepts("injection-dedicated-service-account", [
        { what: "an adoption", yaml: join(MESHED, SERVICE, ADOPTION) },
        {
            what: "a second version of the service",
            yaml: join(MESHED, SERVICE, owner("example.com/service: carts"), ADOPTION),
        },
        { what: "a patch without an account", yaml: join(MESHED, patch("", "labels: { a: b }")) },
    ]);
});

describe("a patch of a workload that is not listed", () => {
    const config = { baseline: "example" };
    itRejects("closed-kinds", [
        { what: "as a kind", yaml: ADOPTION, config, names: /apps\/DeploymentPatch/ },
    ]);
});
