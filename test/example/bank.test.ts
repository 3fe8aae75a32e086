import assert from "node:assert/strict";
import { assess } from "../../cli/verify/assess";
import { egressChecks } from "../../cli/verify/plan/egress";
import { expectations } from "../../cli/verify/plan/expect";
import { explain } from "../../cli/explain/explain";
import { MeshSnapshot } from "../../cli/lib/snapshot/snapshot";
import type { Manifest } from "../../components/base/manifest";
import { platformProblems } from "../../components/check";
import { deriveAll } from "../../components/concerns";
import { GATEWAY_ADDRESS, simulatedExternal } from "../verify/external";
import { SimulatedMesh } from "../verify/simulated-mesh";
import { bank } from "./bank";

const IMAGE = { from: "image", image: "registry.example.com/nordbank:7.3.0" };
const WORKLOADS = {
    accounts: IMAGE,
    ledger: { ...IMAGE, kind: "StatefulSet", volumes: [{ path: "/var/lib/ledger", size: "20Gi" }] },
    notifications: { ...IMAGE, readiness: { type: "none" }, liveness: { type: "exec", command: ["/alive"] } },
    statements: { ...IMAGE, kind: "CronJob", schedule: "30 1 1 * *", timeZone: "Europe/Berlin", retries: 1 },
};

function named(objects: readonly Manifest[], kind: string, name: string) {
    const found = objects.filter((one) => one.kind === kind && one.metadata.name === name);
    assert.equal(found.length, 1, `${kind} ${name}: ${found.length}`);
    return found[0] as unknown as { metadata: { annotations?: object }; spec: Record<string, unknown> };
}

describe("the example platform, a bank", () => {
    const platform = bank();
    const { objects, releases } = deriveAll(platform);

    it("has no problems, and nothing of another platform's services", () => {
        assert.deepEqual(platformProblems(platform), []);
        assert.equal(Object.keys(platform.catalogue.services).length, 12);
        const text = JSON.stringify(objects);
        for (const name of ["api-gateway", "recordings", "alerts", "billing"])
            assert.ok(!text.includes(`"${name}"`), name);
    });

    it("allows what mesh verify expects of the catalogue, and nothing else", () => {
        const mesh = new SimulatedMesh(objects);
        const checks = [
            ...expectations(platform),
            ...egressChecks(platform, simulatedExternal(platform.catalogue), [GATEWAY_ADDRESS]),
        ];
        assert.ok(checks.length > 1000);
        const different = checks
            .map((check) => assess(check, mesh.send(check)))
            .filter(({ passed }) => !passed);
        assert.deepEqual(
            different.map(({ check, actual }) => `${check.id}: ${actual}`),
            [],
        );
        const expected = (source: string, place: string) =>
            checks
                .filter(({ id }) => id.startsWith(`authorization/${source}/${place}/`))
                .map(({ expected: { kind } }) => kind);
        assert.deepEqual(expected("ledger", "ledger-peers/raft"), ["answered"]);
        assert.deepEqual(expected("ledger", "ledger/raft"), ["answered"]);
        assert.deepEqual(expected("accounts", "ledger-peers/raft"), ["no-route"]);
        assert.deepEqual(expected("accounts", "ledger/raft"), ["rbac"]);
        assert.deepEqual(expected("statements", "books/sql"), ["answered"]);
        assert.deepEqual(
            checks.filter(({ destination: { name } }) => ["statements", "notifications"].includes(name)),
            [],
        );
        const health = checks.filter(
            ({ request, expected: { kind } }) =>
                request.protocol === "grpc" &&
                request.method === "/grpc.health.v1.Health/Check" &&
                kind === "rbac",
        );
        assert.ok(health.length > 0, "no caller may call health checks unless it says so");
    });

    it("fails if the policy between replicas is missing", () => {
        const without = objects.filter(({ metadata: { name } }) => name !== "ledger-from-ledger");
        // The NetworkPolicy has another name.
        assert.equal(without.length, objects.length - 1);
        const mesh = new SimulatedMesh(without);
        const failed = expectations(platform)
            .map((check) => assess(check, mesh.send(check)))
            .filter(({ passed }) => !passed);
        assert.ok(failed.some(({ check }) => check.destination.service === "ledger-peers"));
    });

    for (const [source, destination, because] of [
        ["mobile-bff", "accounts", ["mobile-bff.calls → accounts grpc: ListAccounts, ListEntries"]],
        ["ledger", "ledger", ["ledger.peers: raft"]],
        ["ledger", "ledger-peers", ["ledger.peers: raft"]],
        ["statements", "accounts", ["statements.calls → accounts grpc: ListEntries"]],
        ["website", "ledger", []],
        ["accounts", "ledger-peers", []],
    ] as const) {
        it(`explains why ${source} may call ${destination}, or not`, () => {
            const snapshot = new MeshSnapshot({ objects, releases });
            const all = explain(snapshot, platform.catalogue, { source, destination });
            const allowed = all.filter(({ verdict }) => verdict.allowed);
            assert.deepEqual([...new Set(allowed.flatMap((one) => one.edges))], because);
            assert.ok(all.every(({ verdict, edges }) => verdict.allowed === edges.length > 0));
        });
    }

    it("names the catalogue change that would let replicas call each other", () => {
        const { ledger, ...others } = platform.catalogue.services;
        assert.ok(ledger);
        const alone = { ...ledger, peers: [] };
        const catalogue = { ...platform.catalogue, services: { ...others, ledger: alone } };
        const snapshot = new MeshSnapshot(deriveAll({ ...platform, catalogue }));
        const found = explain(snapshot, catalogue, { source: "ledger", destination: "ledger" });
        const raft = found.find(({ port }) => port === "raft");
        const change = raft?.change?.();
        assert.ok(typeof change === "object");
        assert.match(JSON.stringify(change), /peers: \[\.\.\., \\"raft\\"\]/);
    });

    it("names the catalogue change that would allow a method of another service on a gRPC port", () => {
        const change = (path: string) => {
            const query = { source: "ledger", destination: "accounts", port: "grpc", method: "POST", path };
            const [found] = explain(new MeshSnapshot(deriveAll(platform)), platform.catalogue, query);
            assert.equal(found?.verdict.allowed, false);
            const proposed = found.change?.();
            return typeof proposed === "object"
                ? proposed.parts.map(({ snippet }) => snippet).join()
                : proposed;
        };
        assert.match(
            change("/grpc.health.v1.Health/Check") ?? "",
            /methods: \["grpc\.health\.v1\.Health\/Check"\]/,
        );
        assert.match(change("/nordbank.unknown.v1.Other/Get") ?? "", /No change helps/);
    });

    it("retries calls as the catalogue says", () => {
        const { http } = named(objects, "VirtualService", "accounts").spec as {
            http: { name: string; retries: object }[];
        };
        const route = http.find(({ name }) => name.startsWith("mobile-bff."));
        assert.deepEqual(route?.retries, {
            attempts: 1,
            perTryTimeout: "1s",
            backoff: "25ms",
            retryOn: "connect-failure,refused-stream,reset,unavailable,deadline-exceeded",
            retryIgnorePreviousHosts: true,
        });
    });

    it("runs a worker, a job and a cluster of replicas from images", () => {
        const derived = deriveAll(bank(WORKLOADS)).objects;
        const set = named(derived, "StatefulSet", "ledger").spec;
        assert.equal(set["serviceName"], "ledger-peers");
        assert.equal(set["replicas"], 3);
        assert.equal(set["podManagementPolicy"], "Parallel");
        const peers = named(derived, "Service", "ledger-peers").spec;
        assert.equal(peers["clusterIP"], "None");
        assert.equal(peers["publishNotReadyAddresses"], true);
        assert.deepEqual(peers["selector"], { "sparc.dev/service": "ledger" });
        assert.deepEqual(peers["ports"], [
            { name: "raft", port: 7000, targetPort: 7000, protocol: "TCP", appProtocol: "tcp" },
        ]);

        const cron = named(derived, "CronJob", "statements").spec as unknown as {
            schedule: string;
            timeZone: string;
            jobTemplate: { spec: { backoffLimit: number; template: PodTemplate } };
        };
        assert.equal(cron.schedule, "30 1 1 * *");
        assert.equal(cron.timeZone, "Europe/Berlin");
        const { backoffLimit, template } = cron.jobTemplate.spec;
        assert.equal(backoffLimit, 1);
        assert.equal(template.spec.restartPolicy, "Never");
        assert.equal(template.spec.serviceAccountName, "statements");
        assert.equal(template.metadata.labels["sparc.dev/service"], "statements");
        assert.equal(template.metadata.annotations["sidecar.istio.io/nativeSidecar"], "true");
        assert.equal(template.spec.containers[0]?.["readinessProbe"], undefined);

        const worker = named(derived, "Deployment", "notifications").spec as unknown as {
            template: PodTemplate;
        };
        const [container] = worker.template.spec.containers;
        assert.equal(container?.["readinessProbe"], undefined);
        assert.deepEqual((container?.["livenessProbe"] as { exec: object }).exec, { command: ["/alive"] });
        for (const name of ["statements", "notifications"]) {
            named(derived, "ServiceAccount", name);
            // No Service leads to their pods, and no rule describes callers.
            for (const kind of ["Service", "DestinationRule", "VirtualService"])
                assert.ok(!derived.some((one) => one.kind === kind && one.metadata.name === name), kind);
        }
    });

    it("reports every mistake about kinds of workloads at once", () => {
        const problems = platformProblems(
            bank({
                accounts: { ...IMAGE, kind: "CronJob", volumes: [{ path: "/x", size: "1Gi" }] },
                cards: { ...IMAGE, schedule: "@daily", retries: 2 },
                statements: { from: "existing", kind: "CronJob", name: "statements-job" },
                fraud: { from: "existing", kind: "CronJob" },
            }),
        );
        const expected = [
            /^workloads\.services\.accounts\.volumes: only a StatefulSet has them/,
            /^workloads\.services\.accounts\.schedule: a CronJob needs one/,
            /^workloads\.services\.accounts\.kind: accounts has the port grpc .*without ports/,
            /^workloads\.services\.cards\.schedule: only a CronJob has it/,
            /^workloads\.services\.cards\.retries: only a Job and a CronJob have it/,
            /^workloads\.services\.fraud\.kind: fraud has the port grpc/,
        ];
        assert.equal(problems.length, expected.length, problems.join("\n"));
        for (const [index, pattern] of expected.entries()) assert.match(problems[index] ?? "", pattern);
    });
});

interface PodTemplate {
    readonly metadata: {
        readonly labels: Record<string, string>;
        readonly annotations: Record<string, string>;
    };
    readonly spec: {
        readonly restartPolicy?: string;
        readonly serviceAccountName: string;
        readonly containers: readonly Record<string, unknown>[];
    };
}
