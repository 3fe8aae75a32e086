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

const deployment = object("apps/v1", "Deployment", { name: "auth-v2", namespace: "edge" });
const config = object("v1", "ConfigMap", { name: "other", namespace: "edge" });
const route: Registration = { ...service, dependencies: [deployment.urn] };

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

async function deployTo(api: ApiServer, program: Program, readyTimeout: number): Promise<void> {
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

describe("an object with a wait annotation", () => {
    let api: ApiServer;
    beforeEach(async () => {
        api = await ApiServer.start();
        api.serve("/apis/cert-manager.io/v1", "Certificate", "certificates");
    });
    afterEach(() => api.stop());

    const deploy = (readyTimeout: number) => deployTo(api, program, readyTimeout);

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

describe("an object that depends on a workload", () => {
    const DEPLOYMENT = "/apis/apps/v1/namespaces/edge/deployments/auth-v2";
    const ROUTE = "PATCH /api/v1/namespaces/edge/services/gateway";
    const OTHER = "PATCH /api/v1/namespaces/edge/configmaps/other";
    const deploying: Program = {
        ...program,
        run: async (register) => {
            await register(deployment);
            await Promise.allSettled([register(route), register(config)]);
        },
    };
    let api: ApiServer;
    beforeEach(async () => {
        api = await ApiServer.start();
        api.serve("/apis/apps/v1", "Deployment", "deployments");
    });
    afterEach(() => api.stop());

    it("is applied once the workload is ready, and everything else before", async () => {
        let appliedBefore: readonly string[] = [];
        let looks = 0;
        api.rejection = (method, path) => {
            const stored = api.objects.get(DEPLOYMENT);
            if (method === "GET" && path.endsWith("/deployments") && stored !== undefined && ++looks === 3) {
                appliedBefore = [...api.requests];
                stored["status"] = {
                    replicas: 1,
                    updatedReplicas: 1,
                    availableReplicas: 1,
                    observedGeneration: 1,
                };
            }
            return undefined;
        };
        await deployTo(api, deploying, 30);
        assert.equal(appliedBefore.includes(ROUTE), false);
        assert.equal(appliedBefore.includes(OTHER), true);
        assert.equal(api.requests.includes(ROUTE), true);
    });

    it("is not applied if the workload does not become ready", async () => {
        await assert.rejects(
            deployTo(api, deploying, 0),
            /Service edge\/gateway: waits for Deployment edge\/auth-v2: not ready after 0 s/,
        );
        assert.equal(api.requests.includes(ROUTE), false);
        assert.equal(api.requests.includes(OTHER), true);
    });
});
