import assert from "node:assert/strict";
import { readManifests } from "../../cli/workloads/read";
import { findings, GOOD, objects } from "./cases";

describe("manifests of workloads", () => {
    it("reports every unreadable document at once", () => {
        const text = "a: [\n---\nkind: Deployment\n---\njust text\n";
        assert.throws(
            () => objects(text),
            (error: Error) => {
                assert.match(error.message, /-:1: /);
                assert.match(error.message, /-:3: not a Kubernetes object/);
                assert.match(error.message, /-:5: not a Kubernetes object/);
                return true;
            },
        );
        assert.throws(() => readManifests(["/nowhere.yaml"]), /\/nowhere\.yaml: no such file or folder/);
        assert.throws(
            () => findings("apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: x }\n"),
            /-:1: Deployment x: spec\.template\.spec\.containers has no container/,
        );
    });

    it("reads the objects of a List, and skips empty documents", () => {
        const text = JSON.stringify({
            apiVersion: "v1",
            kind: "List",
            items: objects(GOOD).map(({ object }) => object),
        });
        assert.equal(objects(`---\n${text}\n---\n`).length, 2);
    });
});
