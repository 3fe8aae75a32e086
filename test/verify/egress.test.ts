import assert from "node:assert/strict";
import type { Catalogue } from "../../catalogue/model";
import { toProbe } from "../../cli/verify/ask/wire";
import type { KubeObject } from "../../cli/verify/drift/objects";
import { judge } from "../../cli/verify/judge";
import type { Check, WireResult } from "../../cli/verify/model";
import { egressChecks } from "../../cli/verify/plan/egress";
import { expectations } from "../../cli/verify/plan/expect";
import { exitCode } from "../../cli/verify/report/model";
import { toText } from "../../cli/verify/report/text";
import { verifyCluster } from "../../cli/verify/verify";
import type { VirtualServiceManifest } from "../../components/base/manifest";
import { ENTRY_GATEWAYS } from "../../components/base/names";
import { deriveAll } from "../../components/concerns";
import { loadStackFile } from "../../config/load";
import { FakeCluster } from "./fake-cluster";
import { GATEWAY_ADDRESS, played } from "./outside";
import { small } from "./small";

/** auth sends mail over TLS of its own, and texts over plain HTTP; web asks nobody. */
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
const outside = played(catalogue);
const checks = egressChecks(platform, outside, [GATEWAY_ADDRESS]);
const program: readonly KubeObject[] = deriveAll(platform).objects;

function clusterWith(change: (objects: readonly KubeObject[]) => readonly KubeObject[] = (all) => all) {
    const cluster = new FakeCluster(change(program), [...expectations(platform), ...checks]);
    for (const name of Object.keys(catalogue.services)) cluster.addPod("sparc", name);
    for (const name of Object.keys(catalogue.stores)) cluster.addPod("databases", name);
    for (const gateway of Object.values(ENTRY_GATEWAYS)) cluster.addCertificate(gateway);
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

describe("verifying the way out", () => {
    it("proves that of the program", async () => {
        const report = await verifyCluster(clusterWith(), {
            platform,
            outside,
            standInImage: "standin:1",
            sign: () => "x.y.z",
        });
        assert.deepEqual([report.differences, report.miscounts, report.notChecked], [[], [], []]);
        assert.equal(exitCode(report), 0);
        assert.equal(report.findings.filter(({ check }) => check.layer === "egress").length, checks.length);
    });

    it("says so where nobody plays the world outside", async () => {
        const report = await verifyCluster(clusterWith(), {
            platform,
            standInImage: "standin:1",
            sign: () => "x.y.z",
        });
        const why = "nobody plays the world outside there, and the real one is not asked for a test";
        assert.deepEqual(report.notChecked, [{ part: "egress", why, optional: "egress", requested: false }]);
        assert.match(toText(report), /✗ not checked: egress: nobody plays/);
        assert.equal(
            report.findings.some(({ check }) => check.layer === "egress"),
            false,
        );
    });

    it("names a policy of the gateway that was deleted", async () => {
        const report = await verifyCluster(clusterWith(without("AuthorizationPolicy", "sms-from-auth")), {
            platform,
            outside,
            standInImage: "standin:1",
        });
        assert.equal(exitCode(report), 1);
        assert.equal(report.differences.length, 2);
        for (const { finding, explanations } of report.differences) {
            assert.deepEqual(
                [finding.check.because, finding.got],
                ["auth uses the external group sms", "RBAC denial"],
            );
            assert.match(
                explanations.join(),
                /^AuthorizationPolicy istio-egress\/sms-from-auth is missing: it allows auth/,
            );
        }
        assert.match(toText(report), /✗ egress: auth → sms.example.com:80 outside, from its own pod/);
    });

    it("names a Sidecar that was widened, and sees it from the service's own pod alone", async () => {
        const hosts = ["istio-egress/mail.example.com", "sparc/auth.sparc.svc.cluster.local"];
        const report = await verifyCluster(clusterWith(changed("Sidecar", "web", { egress: [{ hosts }] })), {
            platform,
            outside,
            standInImage: "standin:1",
        });
        assert.equal(exitCode(report), 1);
        assert.match(report.drift.map(({ text }) => text).join(), /^Sidecar sparc\/web was changed/);
    });

    it("names a ServiceEntry that is exported to all, though its callers' Sidecars still hide it", async () => {
        const report = await verifyCluster(
            clusterWith(changed("ServiceEntry", "mail.example.com", { exportTo: ["*", "sparc"] })),
            { platform, outside, standInImage: "standin:1", sign: () => "x.y.z" },
        );
        assert.equal(exitCode(report), 1);
        assert.match(
            report.drift.map(({ text }) => text).join(),
            /^ServiceEntry istio-egress\/mail.example.com was changed: spec.exportTo/,
        );
    });

    it("sees what of a caller gets out, by a route that lets it", async () => {
        const route = program.find(
            ({ kind, metadata }) => kind === "VirtualService" && metadata.name === "sms.example.com",
        ) as VirtualServiceManifest;
        const http = route.spec.http?.map((one) => ({ ...one, headers: {} }));
        const report = await verifyCluster(
            clusterWith(changed("VirtualService", "sms.example.com", { http })),
            {
                platform,
                outside,
                standInImage: "standin:1",
            },
        );
        assert.equal(report.differences.length, 2);
        const [first] = report.differences;
        assert.match(
            first?.finding.got ?? "",
            /^answered outside, which saw 10.244.0.9, spiffe:\S+\/sa\/auth, x-tenant: verify, x-roles: verify,/,
        );
        assert.match(
            toText(report),
            /expected +an answer to the egress gateway at 10.244.0.9, no caller's identity, no x-tenant,/,
        );
    });

    it("sees a call that leaves past the gateway, and names the route that is missing", async () => {
        const report = await verifyCluster(clusterWith(without("VirtualService", "mail.example.com")), {
            platform,
            outside,
            standInImage: "standin:1",
        });
        const [first] = report.differences;
        assert.equal(first?.finding.got, "answered outside, which saw 10.244.0.1");
        assert.match(first.explanations.join(), /^VirtualService istio-egress\/mail.example.com is missing/);
    });
});

describe("what is asked outside", () => {
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

    it("is asked as a caller asks it: in TLS, in plain HTTP, or over TCP", () => {
        const { authority } = outside;
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

    it("is asked past the gateway at its own address, in TLS even where the gateway should speak it", () => {
        const { address, tls } = probe("egress/auth/sms.example.com:443/direct/prober");
        assert.equal(address, "198.18.0.3:443");
        assert.ok(tls !== undefined);
    });

    it("is not to be found where no service uses it, nor what the catalogue does not list", () => {
        for (const host of ["idle.example.com:443", "unlisted.example:443"]) {
            const own = checks.filter(({ id }) => id.includes(`/${host}/`));
            assert.equal(own.length, 2 * 2 + 1, host);
            assert.ok(own.every(({ expected }) => expected.kind === "no-route"));
        }
    });
});

describe("an answer from outside", () => {
    const check = (id: string): Check => checks.find((one) => one.id === id)!;
    const answered = (peer: string, serverName?: string): WireResult => ({
        id: "x",
        outcome: "answered",
        status: 200,
        answer: {
            service: "outside",
            port: "host-0",
            peer,
            ...(serverName === undefined ? {} : { serverName }),
        },
        detail: "",
        ms: 1,
        attempts: 1,
    });

    it("counts only if it saw the gateway, and was asked for by its name", () => {
        const mail = check("egress/auth/mail.example.com:443/pod");
        assert.equal(judge(mail, answered(GATEWAY_ADDRESS, "mail.example.com")).agrees, true);
        assert.equal(judge(mail, answered("10.244.0.1", "mail.example.com")).agrees, false);
        assert.equal(judge(mail, answered(GATEWAY_ADDRESS, "sms.example.com")).agrees, false);
        assert.equal(
            judge(check("egress/auth/db.example.com:5432/pod"), answered(GATEWAY_ADDRESS)).agrees,
            true,
        );
    });

    it("is never what a service gets that does not use the host", () => {
        for (const from of ["pod", "prober"]) {
            const stranger = check(`egress/web/mail.example.com:443/${from}`);
            assert.equal(judge(stranger, answered(GATEWAY_ADDRESS, "mail.example.com")).agrees, false);
        }
    });
});
