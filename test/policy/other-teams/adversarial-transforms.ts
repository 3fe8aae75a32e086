/** Objects whose transforms make them other than they look: those that a mesh without Pulumi's engine could miss. */
import * as k8s from "@pulumi/kubernetes";
import { CertManager } from "@pulumi/kubernetes-cert-manager";
import * as pulumi from "@pulumi/pulumi";

type Transform = pulumi.ResourceTransform;

class Part extends pulumi.ComponentResource {
    constructor(name: string, options: pulumi.ComponentResourceOptions = {}, type = "Part") {
        super(`shop:mesh:${type}`, name, {}, options);
    }
}

const withMode =
    (mode: pulumi.Input<string>): Transform =>
    ({ type, props, opts }) =>
        type.endsWith(":PeerAuthentication")
            ? { props: { ...props, spec: { mtls: { mode } } }, opts }
            : undefined;

function policy(
    resource: string,
    options: pulumi.CustomResourceOptions = {},
    { mode = "STRICT", name = resource }: { mode?: string; name?: string } = {},
): k8s.apiextensions.CustomResource {
    return new k8s.apiextensions.CustomResource(
        resource,
        {
            apiVersion: "security.istio.io/v1",
            kind: "PeerAuthentication",
            metadata: { name, namespace: "shop" },
            spec: { mtls: { mode } },
        },
        options,
    );
}

// A change in place is lost: the engine passes copies.
policy(
    "changed-in-place",
    {
        transforms: [
            ({ props }) => {
                (props as { spec: { mtls: { mode: string } } }).spec.mtls.mode = "STRICT";
                return undefined;
            },
        ],
    },
    { mode: "PERMISSIVE" },
);

// Two resources with one type and name, below parents of different types.
const opened = new Part("opened", { transforms: [withMode("PERMISSIVE")] });
const closed = new Part("closed", {}, "Other");
policy("twin", { parent: opened }, { name: "first-twin" });
policy("twin", { parent: closed }, { name: "second-twin" });

// The transform comes from a stack transformation, which runs in the program's process.
pulumi.runtime.registerStackTransformation(({ name, props, opts }) =>
    name === "by-transformation"
        ? { props, opts: { ...opts, protect: false, transforms: [withMode("PERMISSIVE")] } }
        : undefined,
);
policy("by-transformation", { protect: true });

// Two levels up.
policy("by-grandparent", {
    parent: new Part("inner", { parent: new Part("outer", { transforms: [withMode("PERMISSIVE")] }) }),
});

// Another resource's output, later.
policy("by-output", {
    transforms: [
        async ({ props, opts }) => {
            await new Promise((resolve) => setTimeout(resolve, 50));
            const mode = pulumi.secret(source.metadata.apply(() => "PERMISSIVE"));
            return { props: { ...props, spec: { mtls: { mode } } }, opts };
        },
    ],
});
const source = new k8s.core.v1.ConfigMap("source", { metadata: { name: "source", namespace: "shop" } });

// Options: protection, and the provider with its namespace.
policy("unprotected", {
    protect: true,
    transforms: [({ props, opts }) => ({ props, opts: { ...opts, protect: false } })],
});
const inner = new Part("providers");
const elsewhere = new k8s.Provider(
    "elsewhere",
    { kubeconfig: "{}", namespace: "elsewhere" },
    { parent: inner },
);
policy("moved", { transforms: [({ props, opts }) => ({ props, opts: { ...opts, provider: elsewhere } })] });
// Options that a transform omits are lost.
policy("without-options", {
    protect: true,
    provider: elsewhere,
    transforms: [({ props }) => ({ props, opts: {} })],
});

// A release that only the provider's process registers.
new CertManager(
    "cert-manager",
    { installCRDs: true },
    {
        transforms: [
            ({ type, props, opts }) =>
                type === "kubernetes:helm.sh/v3:Release"
                    ? {
                          props: {
                              ...props,
                              values: { ...(props as { values: object }).values, hostNetwork: true },
                          },
                          opts,
                      }
                    : undefined,
        ],
    },
);

// Registered after the resources that it changes.
policy("by-late-transform");
policy("once-more", { transforms: [withMode("UNSET")] });
pulumi.runtime.registerResourceTransform((args) =>
    ["by-late-transform", "once-more"].includes(args.name) ? withMode("PERMISSIVE")(args) : undefined,
);
