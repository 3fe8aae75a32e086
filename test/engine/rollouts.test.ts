import assert from "node:assert/strict";
import { readReleases } from "../../local/engine/helm/records";
import type { KubeClient } from "../../local/engine/kube/client";
import { Discovery } from "../../local/engine/kube/discovery";
import { limited } from "../../local/engine/limit";
import { awaitRollouts } from "../../local/engine/rollouts";
import type { Failure } from "../../local/engine/types";
import { ApiServer } from "./support/api-server";
import { FakeClock } from "./support/clock";

const NAMESPACE = "/api/v1/namespaces/sparc";
const DEPLOYMENT = "/apis/apps/v1/namespaces/sparc/deployments/auth";
const auth = { apiVersion: "apps/v1", kind: "Deployment", namespace: "sparc", name: "auth" };

describe("waiting for rollouts", () => {
    let server: ApiServer;
    let client: KubeClient;

    beforeEach(async () => {
        server = await ApiServer.start();
        server.serve("/api/v1", "Pod", "pods");
        server.serve("/api/v1", "Event", "events");
        server.serve("/api/v1", "Secret", "secrets");
        client = server.client();
    });
    afterEach(async () => {
        await client.close();
        await server.stop();
    });

    function deployment(availableReplicas: number): void {
        server.put(DEPLOYMENT, {
            metadata: { name: "auth", namespace: "sparc", generation: 1 },
            spec: { replicas: 1, selector: { matchLabels: { app: "auth" } } },
            status: { observedGeneration: 1, replicas: 1, updatedReplicas: 1, availableReplicas },
        });
    }

    function rollouts(lines: string[] = []): Promise<Failure[]> {
        const progress = (line: string): void => void lines.push(line);
        return awaitRollouts(client, new Discovery(client), [auth], {
            timeout: 10,
            progress,
            clock: new FakeClock(),
        });
    }

    it("waits until every workload is ready", async () => {
        deployment(0);
        let lists = 0;
        server.rejection = (_method, path) => {
            if (path.endsWith("/deployments") && ++lists === 3) deployment(1);
            return undefined;
        };
        const lines: string[] = [];
        assert.deepEqual(await rollouts(lines), []);
        assert.deepEqual(lines, ["0 of 1 workloads are ready", "0 of 1 workloads are ready"]);
    });

    it("reports for each unready pod the reason, with its last event", async () => {
        deployment(0);
        const waiting = { reason: "ErrImageNeverPull", message: "not present" };
        server.put(`${NAMESPACE}/pods/auth-1`, {
            metadata: { labels: { app: "auth" }, name: "auth-1", namespace: "sparc" },
            status: { containerStatuses: [{ name: "app", state: { waiting } }] },
        });
        for (const [name, lastTimestamp, message] of [
            ["a", "2026-01-01T00:00:02Z", "Failed to pull"],
            ["b", "2026-01-01T00:00:01Z", "earlier"],
        ] as const) {
            server.put(`${NAMESPACE}/events/${name}`, {
                type: "Warning",
                lastTimestamp,
                message,
                involvedObject: { name: "auth-1" },
            });
        }
        assert.deepEqual(await rollouts(), [
            {
                what: "Deployment sparc/auth",
                message:
                    "not ready after 10 s: 0 of 1 pods are available\n" +
                    "pod auth-1: app: ErrImageNeverPull: not present; last event: Failed to pull",
                remedy: "inspect it: kubectl -n sparc describe deployment auth",
            },
        ]);
    });

    it("does not wait for a deleted object", async () => {
        const [failure] = await rollouts();
        assert.equal(failure?.message, "not ready: it was deleted during the deployment");
    });

    it("finds releases and their digests in the labels of Helm's records", async () => {
        const record = (version: string, status: string, digest?: string): void => {
            const labels = {
                owner: "helm",
                name: "istiod",
                version,
                status,
                ...(digest === undefined ? {} : { "sparc.dev/digest": digest }),
            };
            server.put(`${NAMESPACE}/secrets/sh.helm.release.v1.istiod.v${version}`, {
                metadata: { name: `sh.helm.release.v1.istiod.v${version}`, namespace: "sparc", labels },
            });
        };
        record("1", "superseded");
        record("2", "pending-upgrade", "abc");
        assert.deepEqual((await readReleases(client)).get("sparc/istiod"), [
            { revision: 1, status: "superseded" },
            { revision: 2, status: "pending-upgrade", digest: "abc" },
        ]);
    });
});

describe("a limited function", () => {
    it("runs at most the maximum at a time, and loses no call, even failed ones", async () => {
        let running = 0;
        let max = 0;
        const work = limited(2, async (value: number) => {
            max = Math.max(max, ++running);
            await new Promise(setImmediate);
            running--;
            if (value === 3) throw new Error("three");
            return value;
        });
        const results = await Promise.allSettled([1, 2, 3, 4, 5].map((value) => work(value)));
        assert.deepEqual(
            results.map(({ status }) => status === "fulfilled"),
            [true, true, false, true, true],
        );
        assert.equal(max, 2);
    });
});
