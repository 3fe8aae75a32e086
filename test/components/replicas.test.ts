/** Which Deployments leave their replicas to an autoscaler, as the Pulumi engine sees it. */
import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import type { DeploymentManifest } from "../../components/base/manifest";
import { registerAll } from "../../components/base/register";

function deployment(name: string, replicas?: number): DeploymentManifest {
    return {
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata: { name, namespace: "sparc" },
        spec: {
            ...(replicas === undefined ? {} : { replicas }),
            selector: { matchLabels: { app: name } },
            template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: "main" }] } },
        },
    };
}

describe("registered Deployments", () => {
    it("keep the live replicas if the program sets none", async () => {
        const ignored = new Map<string, readonly string[]>();
        await pulumi.runtime.setMocks(
            { newResource: ({ name, inputs }) => ({ id: name, state: inputs as object }), call: () => ({}) },
            "sparc-mesh",
            "test",
        );
        await pulumi.runtime.runInPulumiStack(() => {
            pulumi.runtime.registerStackTransformation(({ name, opts }) => {
                ignored.set(name, (opts as pulumi.CustomResourceOptions).ignoreChanges ?? []);
                return undefined;
            });
            const parent = new pulumi.ComponentResource("test:test:Test", "test");
            const objects = [deployment("fixed", 2), deployment("scaled")];
            registerAll("workloads", { releases: [], objects }, { parent, dependsOn: [], protect: false });
            return Promise.resolve({});
        });
        await pulumi.runtime.disconnect();
        assert.deepEqual(ignored.get("workloads-sparc-fixed"), []);
        assert.deepEqual(ignored.get("workloads-sparc-scaled"), ["spec.replicas"]);
    });
});
