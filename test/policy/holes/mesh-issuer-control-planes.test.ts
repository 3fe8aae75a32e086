/** The mesh's issuer: control planes in other namespaces, what istiod mounts, and fields that are unknown until the update. */
import assert from "node:assert/strict";
import { UnknownField } from "../../../policy/core/read";
import { type StackRule } from "../../../policy/core/rule";
import { evaluateStack } from "../../../policy/core/sdk";
import { StackResources } from "../../../policy/core/stack-resources";
import { fromYaml } from "../support/stacks";
import { itAccepts, itRejects, policyNamed } from "./assertions";
import { all, certificate, CLUSTER_CHAIN, issuer, istiod, MESH_CA, mounts, RULE } from "./mesh-issuers";

describe("the mesh's issuer, control planes", () => {
    itRejects(RULE, [
        {
            what: "a certificate of the issuer of a control plane in another namespace",
            yaml: all(
                istiod("", "mesh-control"),
                certificate("mesh-control", "cacerts", "name: root, kind: ClusterIssuer"),
                certificate("shop", "more", "name: root, kind: ClusterIssuer"),
            ),
        },
        {
            what: "the same, with another root namespace",
            yaml: all(
                istiod("meshConfig: { rootNamespace: mesh-config }", "mesh-control"),
                certificate("mesh-control", "cacerts", "name: root, kind: ClusterIssuer"),
                certificate("shop", "more", "name: root, kind: ClusterIssuer"),
            ),
        },
        {
            what: "a certificate of the issuer of a control plane that another stack installs elsewhere",
            yaml: all(
                certificate("mesh-control", "cacerts", "name: root, kind: ClusterIssuer", ", isCA: true"),
                certificate("shop", "more", "name: root, kind: ClusterIssuer"),
            ),
        },
        ...[
            { what: "in the folder of ROOT_CA_DIR", values: mounts(MESH_CA) },
            { what: "in the default folder", values: mounts(MESH_CA, "/etc/cacerts/", "") },
            { what: "as single files", values: mounts(MESH_CA, "/etc/mesh-ca/tls.key") },
            { what: "above the folder", values: mounts(MESH_CA, "/etc") },
            { what: "below pilot", values: `pilot: { ${mounts(MESH_CA)} }` },
            {
                what: "in a folder from another object",
                values: mounts(MESH_CA, "/x", ", envVarFrom: [{ name: ROOT_CA_DIR, valueFrom: {} }]"),
            },
        ].map(({ what, values }) => ({
            what: `a certificate of the issuer of a CA that istiod mounts ${what}`,
            yaml: all(
                istiod(values),
                certificate("istio-system", "mesh-ca", "name: root"),
                certificate("istio-system", "more", "name: root"),
            ),
        })),
    ]);
    itAccepts(RULE, [
        {
            what: "a certificate that istiod mounts for something else",
            yaml: all(
                istiod(mounts("secret: { secretName: validation }", "/etc/validation", "")),
                certificate("istio-system", "validation", "name: public, kind: ClusterIssuer"),
                certificate("shop", "web", "name: public, kind: ClusterIssuer"),
            ),
        },
        {
            what: "the same outside of ROOT_CA_DIR",
            yaml: all(
                istiod(mounts("secret: { secretName: jwks }", "/etc/mesh-ca-jwks")),
                certificate("istio-system", "jwks", "name: public, kind: ClusterIssuer"),
                certificate("shop", "web", "name: public, kind: ClusterIssuer"),
            ),
        },
        {
            what: "a truststore named cacerts that is no CA",
            yaml: all(
                certificate("shop", "cacerts", "name: public, kind: ClusterIssuer"),
                certificate("shop", "web", "name: public, kind: ClusterIssuer"),
            ),
        },
    ]);
});

describe("the mesh's issuer, fields that are unknown until the update", () => {
    const withUnknown = (yaml: string, name: string, spec: (throwing: object) => object) => {
        const resources = fromYaml(yaml).map((resource) => {
            const props = resource.props as { metadata?: { name?: string } };
            if (props.metadata?.name !== name) return resource;
            const throwing = {
                get secretName(): string {
                    throw new UnknownField("spec.ca.secretName", resource.urn);
                },
            };
            return { ...resource, props: { ...props, spec: spec(throwing) } };
        });
        return [...evaluateStack(policyNamed(RULE) as StackRule, StackResources.of(resources), {})];
    };

    it("an issuer's key hides no violation of another object", () => {
        const found = withUnknown(
            all(
                CLUSTER_CHAIN,
                issuer("Issuer", "unknown", ""),
                certificate("shop", "more", "name: mesh, kind: ClusterIssuer"),
            ),
            "unknown",
            (throwing) => ({ ca: throwing }),
        );
        const mandatory = found.filter(({ unknown }) => unknown !== true).map(({ subject }) => subject?.key);
        assert.deepEqual(mandatory, ["shop/Certificate/more"]);
        assert.deepEqual(
            found.filter(({ unknown }) => unknown === true).map(({ subject }) => subject?.key),
            ["istio-system/Issuer/unknown"],
        );
    });

    it("the key of the mesh's own issuer hides no certificate of it", () => {
        const found = withUnknown(
            all(CLUSTER_CHAIN, certificate("shop", "more", "name: mesh, kind: ClusterIssuer")),
            "mesh",
            (throwing) => ({ ca: throwing }),
        );
        const mandatory = found.filter(({ unknown }) => unknown !== true).map(({ subject }) => subject?.key);
        assert.deepEqual(mandatory, ["shop/Certificate/more"]);
    });
});
