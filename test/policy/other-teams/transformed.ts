/** Secure objects that transforms open: the object's, a component's and the stack's. */
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

const open =
    (mtls: pulumi.Input<object>): pulumi.ResourceTransform =>
    ({ type, props, opts }) =>
        type.endsWith(":PeerAuthentication") ? { props: { ...props, spec: { mtls } }, opts } : undefined;

function strict(name: string, options: pulumi.CustomResourceOptions = {}): void {
    new k8s.apiextensions.CustomResource(
        name,
        {
            apiVersion: "security.istio.io/v1",
            kind: "PeerAuthentication",
            metadata: { name, namespace: "shop" },
            spec: { mtls: { mode: "STRICT" } },
        },
        options,
    );
}

pulumi.runtime.registerResourceTransform(({ name, props, opts }) =>
    name === "by-the-stack" ? { props: { ...props, spec: { mtls: { mode: "DISABLE" } } }, opts } : undefined,
);

strict("untouched");
strict("by-itself", { transforms: [open({ mode: "PERMISSIVE" })] });
// Each transform receives the result of the one before; the parent's runs last.
const parent = new pulumi.ComponentResource(
    "shop:mesh:Policies",
    "policies",
    {},
    { transforms: [open(pulumi.output(Promise.resolve({ mode: "UNSET" })))] },
);
strict("by-its-parent", { parent, transforms: [open({ mode: "PERMISSIVE" })] });
strict("by-the-stack");

new k8s.yaml.ConfigGroup("group", {
    yaml: `
apiVersion: v1
kind: List
items:
  - apiVersion: security.istio.io/v1
    kind: PeerAuthentication
    metadata: { name: in-yaml, namespace: shop }
    spec: { mtls: { mode: STRICT } }
---
apiVersion: v1
kind: Namespace
metadata: { name: shop }
`,
});
