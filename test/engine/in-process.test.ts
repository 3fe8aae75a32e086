/** The in-process engine with an in-memory API server. */
import assert from "node:assert/strict";
import { deployInProcess } from "../../local/engine/in-process";
import type { Program } from "../../local/engine/program/host";
import type { Registration } from "../../local/engine/program/protocol";
import { DeployError } from "../../local/engine/types";
import { ApiServer } from "./support/api-server";

const CERTIFICATE = "/apis/cert-manager.io/v1/namespaces/edge/certificates/gateway";

function object(apiVersion: string, kind: string, metadata: object): Registration {
    const inputs = { apiVersion, kind, metadata };
    const type = `kubernetes:${apiVersion}:${kind}`;
    const urn = `urn:pulumi:test::test::${type}::${kind}`;
    return { urn, type, name: kind, custom: true, protect: false, inputs, dependencies: [] };
}

const certificate = object("cert-manager.io/v1", "Certificate", {
    name: "gateway",
    namespace: "edge",
    annotations: { "pulumi.com/waitFor": "condition=Ready" },
});
const service = object("v1", "Service", { name: "gateway", namespace: "edge", labels: { a: "b" } });

/** Registers the Service after the Certificate. */
const program: Program = {
    load: () => Promise.resolve([]),
    run: async (register) => {
        await register(certificate).then(
            () => register(service),
            () => undefined,
        );
    },
    stop: () => undefined,
};

describe("an object with a wait annotation", () => {
    let api: ApiServer;
    beforeEach(async () => {
        api = await ApiServer.start();
        api.serve("/apis/cert-manager.io/v1", "Certificate", "certificates");
    });
    afterEach(() => api.stop());

    async function deploy(readyTimeout: number): Promise<void> {
        const client = api.client();
        try {
            await deployInProcess(
                {
                    stack: "test",
                    configEntries: {},
                    kubeconfig: api.kubeconfig,
                    tools: { helm: "/nonexistent/helm" },
                    stateDir: "/nonexistent",
                    readyTimeout,
                },
                client,
                program,
            );
        } finally {
            await client.close();
        }
    }

    it("is ready before its dependents are applied", async () => {
        let looks = 0;
        let readyWhenApplied: boolean | undefined;
        api.rejection = (method, path) => {
            const stored = api.objects.get(CERTIFICATE);
            if (method === "GET" && path.endsWith("/certificates") && stored !== undefined && ++looks === 2)
                stored["status"] = { conditions: [{ type: "Ready", status: "True" }] };
            if (method === "PATCH" && path.endsWith("/services/gateway"))
                readyWhenApplied = stored?.["status"] !== undefined;
            return undefined;
        };
        await deploy(30);
        assert.equal(readyWhenApplied, true);
    });

    it("stops its dependents if it does not become ready, and reports the reason and remedy", async () => {
        api.rejection = (method, path) => {
            const stored = api.objects.get(CERTIFICATE);
            if (method === "GET" && path.endsWith("/certificates") && stored !== undefined)
                stored["status"] = {
                    conditions: [{ type: "Ready", status: "False", message: "no such issuer" }],
                };
            return undefined;
        };
        await assert.rejects(deploy(0), (error: unknown) => {
            assert.ok(error instanceof DeployError);
            assert.match(error.message, /Certificate edge\/gateway: not ready after 0 s: no such issuer/);
            assert.match(error.message, /→ inspect it: kubectl -n edge describe certificate gateway/);
            return true;
        });
        assert.equal(api.requests.includes("PATCH /api/v1/namespaces/edge/services/gateway"), false);
    });
});
