import assert from "node:assert/strict";
import type * as pulumi from "@pulumi/pulumi";
import { isSecret } from "@pulumi/pulumi";
import { readStackFile } from "../../../config/load";
import { releaseInputs } from "../../../local/engine/packaged";
import { type Registered, runProgram } from "../../support/program";

const ROOT = `${__dirname}/../../..`;
const RANDOM = "random:index/randomPassword:RandomPassword";

interface Run {
    readonly secrets: readonly Registered[];
    readonly generated: readonly Registered[];
    readonly release: Registered;
    readonly outputs: Readonly<Record<string, unknown>>;
}

async function run(grafanaAdmin?: object): Promise<Run> {
    const observability = readStackFile("dev", ROOT)["observability"] as { prometheus: object };
    const prometheus = {
        ...observability.prometheus,
        ...(grafanaAdmin === undefined ? {} : { grafanaAdmin }),
    };
    const outputs: Record<string, unknown> = {};
    const all = await runProgram("dev", { observability: { ...observability, prometheus } }, outputs);
    return {
        secrets: all.filter(({ type }) => type === "kubernetes:core/v1:Secret"),
        generated: all.filter(({ type }) => type === RANDOM),
        release: all.find(({ name }) => name === "observability-prometheus") ?? assert.fail("no release"),
        outputs,
    };
}

function grafanaValues({ release }: Run): Record<string, unknown> {
    const { values } = (releaseInputs(release) ?? {}) as { values: { grafana: Record<string, unknown> } };
    return values.grafana;
}

describe("the password of Grafana's administrator", function () {
    this.timeout(240_000);

    it("is generated, exists before Grafana, and is a secret output", async () => {
        const one = await run();
        assert.equal(one.generated.length, 1);
        assert.equal(one.generated[0]?.inputs["length"], 32);
        assert.equal(one.secrets.length, 1);
        const secret = one.secrets[0] ?? assert.fail("no Secret");
        assert.equal((secret.inputs["metadata"] as { name: string }).name, "grafana-admin-sparc-mesh");
        assert.ok(secret.dependsOn.includes("namespaces-monitoring"), secret.dependsOn.join());
        assert.ok(one.release.dependsOn.includes(secret.name), one.release.dependsOn.join());
        assert.deepEqual(grafanaValues(one)["admin"], { existingSecret: "grafana-admin-sparc-mesh" });
        assert.ok(await isSecret(one.outputs["grafanaPassword"] as pulumi.Output<string>));
    });

    it("is the one of the stack's configuration, and none is generated", async () => {
        const one = await run({ from: "config", password: { secure: "v1:encrypted" } });
        assert.deepEqual(one.generated, []);
        assert.ok(one.release.dependsOn.includes(one.secrets[0]?.name ?? "none"));
        assert.ok(await isSecret(one.outputs["grafanaPassword"] as pulumi.Output<string>));
    });

    it("is in a Secret that the program does not create, if the stack names one", async () => {
        const one = await run({ from: "secret", secret: "company-grafana" });
        assert.deepEqual([one.generated, one.secrets], [[], []]);
        assert.deepEqual(grafanaValues(one)["admin"], { existingSecret: "company-grafana" });
        assert.ok(!("grafanaPassword" in one.outputs));
    });

    it("cannot be in a Secret of yours with the name of the program's, which it deletes when it is no longer used", async () => {
        await assert.rejects(
            run({ from: "secret", secret: "grafana-admin-sparc-mesh" }),
            /grafanaAdmin\.secret: is the name of the Secret that the program itself creates/,
        );
        // The name that the program's Secret had before.
        assert.deepEqual((await run({ from: "secret", secret: "grafana-admin" })).secrets, []);
    });
});
