import assert from "node:assert/strict";
import type { Catalogue } from "../../catalogue/model";
import { toProbe } from "../../cli/verify/probe/wire";
import type { KubeObject } from "../../cli/lib/drift/objects";
import { assess } from "../../cli/verify/assess";
import type { Check, WireResult } from "../../cli/verify/model";
import { egressChecks } from "../../cli/verify/plan/egress";
import { expectations } from "../../cli/verify/plan/expect";
import { exitCode } from "../../cli/verify/report/model";
import { toText } from "../../cli/verify/report/text";
import { verifyCluster } from "../../cli/verify/verify";
import type { VirtualServiceManifest } from "../../components/base/manifest";
import { INGRESS_GATEWAYS } from "../../components/base/names";
import { deriveAll } from "../../components/concerns";
import { loadStackFile } from "../../config/load";
import { FakeCluster } from "./fake-cluster";
import { GATEWAY_ADDRESS, simulatedExternal } from "./external";
import { small } from "./small";

/** auth sends mail over TLS, and text messages over plain HTTP; web calls no external service. */
const catalogue: Catalogue = {
    ...small,
    services: { ...small.services, auth: { ...small.services["auth"]!, external: ["mail", "sms"] } },
    external: {
        mail: {
            summary: "Mail.",
            hosts: [
                { host: "mail.example.com", port: 443, protocol: "https" },
                { host: "db.example.com", port: 5432, protocol: "tcp" },
            ],
        },
        sms: {
            summary: "Texts.",
            hosts: [{ host: "sms.example.com", port: 443, protocol: "https", tls: "originate" }],
        },
        idle: { summary: "Unused.", hosts: [{ host: "idle.example.com", port: 443, protocol: "https" }] },
    },
};
const platform = { catalogue, config: loadStackFile("local", `${__dirname}/../..`) };
const external = simulatedExternal(catalogue);
const checks = egressChecks(platform, external, [GATEWAY_ADDRESS]);
const program: readonly KubeObject[] = deriveAll(platform).objects;

function clusterWith(change: (objects: readonly KubeObject[]) => readonly KubeObject[] = (all) => all) {
    const cluster = new FakeCluster(change(program), [...expectations(platform), ...checks]);
    for (const name of Object.keys(catalogue.services)) cluster.addPod("sparc", name);
    for (const name of Object.keys(catalogue.stores)) cluster.addPod("databases", name);
    for (const gateway of Object.values(INGRESS_GATEWAYS)) cluster.addCertificate(gateway);
    cluster.addPod("istio-egress", "istio-egressgateway", GATEWAY_ADDRESS);
    return cluster;
}

const without = (kind: string, name: string) => (objects: readonly KubeObject[]) =>
    objects.filter((object) => object.kind !== kind || object.metadata.name !== name);
const changed = (kind: string, name: string, spec: object) => (objects: readonly KubeObject[]) =>
    objects.map((object) =>
        object.kind === kind && object.metadata.name === name
            ? { ...object, spec: { ...(object.spec as object), ...spec } }
            : object,
    );

describe("verifying egress", () => {
    it("passes with the program's objects", async () => {
        const report = await verifyCluster(clusterWith(), {
            platform,
            simulatedExternal: external,
            standInImage: "standin:1",
            sign: () => "x.y.z",
        });
        assert.deepEqual([report.mismatches, report.miscounts, report.unchecked], [[], [], []]);
        assert.equal(exitCode(report), 0);
        assert.equal(report.results.filter(({ check }) => check.layer === "egress").length, checks.length);
    });

    it("reports that it skips egress without simulated external services", async () => {
        const report = await verifyCluster(clusterWith(), {
            platform,
            standInImage: "standin:1",
            sign: () => "x.y.z",
        });
        const reason =
            "the cluster has no simulated external services, and real ones are not called in tests";
        assert.deepEqual(report.unchecked, [
            { part: "egress", reason, optional: "egress", requested: false },
        ]);
        assert.match(toText(report), /✗ not checked: egress: the cluster has no simulated external services/);
        assert.equal(
            report.results.some(({ check }) => check.layer === "egress"),
            false,
        );
    });

    it("names a policy of the gateway that was deleted", async () => {
        const report = await verifyCluster(clusterWith(without("AuthorizationPolicy", "sms-from-auth")), {
            platform,
            simulatedExternal: external,
            standInImage: "standin:1",
        });
        assert.equal(exitCode(report), 1);
        assert.equal(report.mismatches.length, 2);
        for (const { checkResult, explanations } of report.mismatches) {
            assert.deepEqual(
                [checkResult.check.reason, checkResult.actual],
                ["auth uses the external group sms", "RBAC denial"],
            );
            assert.match(
                explanations.join(),
                /^AuthorizationPolicy istio-egress\/sms-from-auth is missing: it allows auth/,
            );
        }
        assert.match(toText(report), /✗ egress: auth → external host sms.example.com:80, from its pod/);
    });

    it("names a Sidecar that was widened, which only the service's pod detects", async () => {
        const hosts = ["istio-egress/mail.example.com", "sparc/auth.sparc.svc.cluster.local"];
        const report = await verifyCluster(clusterWith(changed("Sidecar", "web", { egress: [{ hosts }] })), {
            platform,
            simulatedExternal: external,
            standInImage: "standin:1",
        });
        assert.equal(exitCode(report), 1);
        assert.match(report.drift.map(({ text }) => text).join(), /^Sidecar sparc\/web was changed/);
    });

    it("names a ServiceEntry that is exported to all namespaces, even though Sidecars still hide it", async () => {
        const report = await verifyCluster(
            clusterWith(changed("ServiceEntry", "mail.example.com", { exportTo: ["*", "sparc"] })),
            { platform, simulatedExternal: external, standInImage: "standin:1", sign: () => "x.y.z" },
        );
        assert.equal(exitCode(report), 1);
        assert.match(
            report.drift.map(({ text }) => text).join(),
            /^ServiceEntry istio-egress\/mail.example.com was changed: spec.exportTo/,
        );
    });

    it("detects a route that forwards the caller's identity", async () => {
        const route = program.find(
            ({ kind, metadata }) => kind === "VirtualService" && metadata.name === "sms.example.com",
        ) as VirtualServiceManifest;
        const http = route.spec.http?.map((one) => ({ ...one, headers: {} }));
        const report = await verifyCluster(
            clusterWith(changed("VirtualService", "sms.example.com", { http })),
            {
                platform,
                simulatedExternal: external,
                standInImage: "standin:1",
            },
        );
        assert.equal(report.mismatches.length, 2);
        const [first] = report.mismatches;
        assert.match(
            first?.checkResult.actual ?? "",
            /^answered by the external service, which saw 10.244.0.9, spiffe:\S+\/sa\/auth, x-tenant: verify, x-roles: verify,/,
        );
        assert.match(
            toText(report),
            /expected +a response to the egress gateway at 10.244.0.9, no caller's identity, no x-tenant,/,
        );
    });

    it("detects a call that bypasses the gateway, and names the missing route", async () => {
        const report = await verifyCluster(clusterWith(without("VirtualService", "mail.example.com")), {
            platform,
            simulatedExternal: external,
            standInImage: "standin:1",
        });
        const [first] = report.mismatches;
        assert.equal(first?.checkResult.actual, "answered by the external service, which saw 10.244.0.1");
        assert.match(first.explanations.join(), /^VirtualService istio-egress\/mail.example.com is missing/);
    });
});

describe("requests to external services", () => {
    const probe = (id: string) => {
        const check = checks.find((one) => one.id === id);
        assert.ok(check !== undefined, id);
        return toProbe(check, {
            certificates: new Map(),
            sign: undefined,
            clients: new Map(),
            foreignClient: undefined,
        });
    };

    it("use the caller's protocol: TLS, plain HTTP or TCP", () => {
        const { authority } = external;
        const mail = probe("egress/auth/mail.example.com:443/pod");
        assert.deepEqual(
            [mail["address"], mail["tls"]],
            ["mail.example.com:443", { serverName: "mail.example.com", caPem: authority }],
        );
        const sms = probe("egress/auth/sms.example.com:80/pod");
        assert.deepEqual([sms["address"], sms["tls"]], ["sms.example.com:80", undefined]);
        const db = probe("egress/auth/db.example.com:5432/prober");
        assert.deepEqual(
            [db["address"], db["protocol"], db["host"]],
            ["db.example.com:5432", "tcp", undefined],
        );
    });

    it("bypass the gateway at the host's address, in TLS even where the gateway originates TLS", () => {
        const { address, tls } = probe("egress/auth/sms.example.com:443/direct/prober");
        assert.equal(address, "198.18.0.3:443");
        assert.ok(tls !== undefined);
    });

    it("expect no route for hosts that no service uses, and for unlisted hosts", () => {
        for (const host of ["idle.example.com:443", "unlisted.example:443"]) {
            const hostChecks = checks.filter(({ id }) => id.includes(`/${host}/`));
            assert.equal(hostChecks.length, 2 * 2 + 1, host);
            assert.ok(hostChecks.every(({ expected }) => expected.kind === "no-route"));
        }
    });
});

describe("an answer from an external service", () => {
    const check = (id: string): Check => checks.find((one) => one.id === id)!;
    const answered = (peer: string, serverName?: string): WireResult => ({
        id: "x",
        outcome: "answered",
        status: 200,
        answer: {
            service: "external-services",
            port: "host-0",
            peer,
            ...(serverName === undefined ? {} : { serverName }),
        },
        detail: "",
        ms: 1,
        attempts: 1,
    });

    it("passes only if it came through the gateway with the host's server name", () => {
        const mail = check("egress/auth/mail.example.com:443/pod");
        assert.equal(assess(mail, answered(GATEWAY_ADDRESS, "mail.example.com")).passed, true);
        assert.equal(assess(mail, answered("10.244.0.1", "mail.example.com")).passed, false);
        assert.equal(assess(mail, answered(GATEWAY_ADDRESS, "sms.example.com")).passed, false);
        assert.equal(
            assess(check("egress/auth/db.example.com:5432/pod"), answered(GATEWAY_ADDRESS)).passed,
            true,
        );
    });

    it("fails for a service that does not use the host", () => {
        for (const from of ["pod", "prober"]) {
            const unlisted = check(`egress/web/mail.example.com:443/${from}`);
            assert.equal(assess(unlisted, answered(GATEWAY_ADDRESS, "mail.example.com")).passed, false);
        }
    });
});
