import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { platformFromEngine } from "../../components/load";
import { ConfigError, fromEngine, loadStackFile, PROJECT, readStackFile } from "../../config/load";
import { REVISIONS } from "../support/config";
import { engineConfig } from "../../local/engine/program/protocol";
import { temporaryFolder } from "../support/folder";

const ROOT = join(__dirname, "..", "..");
const OBSERVABILITY = "sparc-mesh:observability";
const PASSWORD = "correct horse battery";

function problemsOf(run: () => unknown): string {
    try {
        run();
    } catch (error) {
        if (error instanceof ConfigError) return error.problems.join("\n");
        throw error;
    }
    return "";
}

/** The configuration as Pulumi's engine passes it, with `password` decrypted. */
function entries(password: unknown, more: Readonly<Record<string, unknown>> = {}): Record<string, string> {
    const prometheus = { from: "chart", grafanaAdmin: { from: "config", password }, ...more };
    return {
        "sparc-mesh:domain": "mesh.acme.io",
        "sparc-mesh:istio": JSON.stringify({ revisions: REVISIONS }),
        [OBSERVABILITY]: JSON.stringify({ prometheus }),
    };
}

const isSecret = (key: string) => key === OBSERVABILITY;

function stackFileWith(grafanaAdmin: string): string {
    const folder = temporaryFolder("mesh-secrets-");
    writeFileSync(
        join(folder, "Pulumi.one.yaml"),
        `config:\n  sparc-mesh:domain: mesh.acme.io\n  sparc-mesh:istio: { revisions: ${JSON.stringify(REVISIONS)} }\n  ${OBSERVABILITY}:\n    prometheus: { from: chart, grafanaAdmin: ${grafanaAdmin} }\n`,
    );
    return folder;
}

describe("a secret in the configuration", () => {
    it("is read decrypted from the engine and encrypted from the stack's file", () => {
        const { prometheus } = fromEngine("one", entries(PASSWORD), isSecret).observability;
        assert.deepEqual("grafanaAdmin" in prometheus && prometheus.grafanaAdmin, {
            from: "config",
            password: PASSWORD,
        });
        const folder = stackFileWith('{ from: config, password: { secure: "v1:abc" } }');
        const fromFile = loadStackFile("one", folder).observability.prometheus;
        assert.deepEqual("grafanaAdmin" in fromFile && fromFile.grafanaAdmin, {
            from: "config",
            password: { secure: "v1:abc" },
        });
    });

    it("is rejected in plain text, with the command that encrypts it and without its value", () => {
        const folder = stackFileWith(`{ from: config, password: ${PASSWORD} }`);
        for (const load of [() => loadStackFile("one", folder), () => fromEngine("one", entries(PASSWORD))]) {
            const problems = problemsOf(load);
            assert.match(
                problems,
                /^observability\.prometheus\.grafanaAdmin\.password: a secret in plain text; encrypt it: pulumi config set --secret --path 'sparc-mesh:observability\.prometheus\.grafanaAdmin\.password'$/,
            );
            assert.ok(!problems.includes(PASSWORD));
        }
    });

    it("is never part of an error message", () => {
        for (const all of [
            entries("too short"),
            entries(["a list", PASSWORD]),
            entries(PASSWORD, { from: "chrat" }),
            entries(PASSWORD, { grafanaAdmin: { from: "confg", password: PASSWORD } }),
        ]) {
            const problems = problemsOf(() => fromEngine("one", all, isSecret));
            assert.notEqual(problems, "");
            for (const text of ["too short", "a list", PASSWORD])
                assert.ok(!problems.includes(text), problems);
        }
    });

    it("is rejected under every other key, from the engine as from the file", () => {
        const all = { "sparc-mesh:domain": "mesh.acme.io", "sparc-mesh:context": "production" };
        const problems = problemsOf(() => fromEngine("one", all, (key) => key === "sparc-mesh:context"));
        assert.match(problems, /^sparc-mesh:context: encrypted value \(secure:\), but the only secrets of/);
        // A key that can contain a secret, but whose encrypted value is another one.
        const other = { ...all, [OBSERVABILITY]: '{"prometheus":{"from":"none"}}' };
        assert.match(
            problemsOf(() => fromEngine("one", other, isSecret)),
            /^sparc-mesh:observability: encrypted/,
        );
    });

    it("is recognized by the program as Pulumi's SDK marks it", () => {
        const prod = readStackFile("prod", ROOT);
        const prometheus = { from: "chart", grafanaAdmin: { from: "config", password: PASSWORD } };
        const all = engineConfig(PROJECT, { ...prod, observability: { prometheus } });
        const load = (secretKeys: string[]) => () => {
            pulumi.runtime.setAllConfig(all, secretKeys);
            return platformFromEngine();
        };
        assert.doesNotThrow(load([OBSERVABILITY]));
        assert.throws(load([]), /a secret in plain text/);
    });
});
