import assert from "node:assert/strict";
import type { PreflightEnvironment, PreflightIssue } from "../../cli/preflight/model";
import { preflight } from "../../cli/preflight/preflight";
import { requiredSecrets } from "../../cli/preflight/secrets";
import { testConfig } from "../support/config";
import { type Answers, environment, NOT_THERE } from "../support/preflight";

describe("preflight of Secrets that you create", () => {
    const cluster = { from: "eks", name: "mesh", region: "eu-central-1", accountId: "811122223333" };
    const withSecrets = testConfig({
        domain: "mesh.acme.io",
        cluster,
        certificates: {
            issuer: { from: "authority", secret: "company-ca" },
            clients: { devices: { from: "secret", secret: "device-authority" } },
        },
    });
    const COMPANY_CA = "Secret cert-manager/company-ca";
    const DEVICES = "Secret istio-ingress/device-authority";
    const of = async (
        secretKeys: PreflightEnvironment["secretKeys"],
        different: Answers = {},
    ): Promise<Map<string, PreflightIssue>> => {
        const issues = await preflight(withSecrets, environment(different, { secretKeys }));
        return new Map(issues.map((issue) => [issue.check, issue]));
    };

    it("passes if they exist with their keys, read by the cluster's own kubeconfig", async () => {
        const read: unknown[] = [];
        const issues = await of((access, namespace, name) => {
            read.push([access, namespace, name]);
            return Promise.resolve(["tls.crt", "tls.key", "ca.crt"]);
        });
        assert.equal(issues.get(COMPANY_CA)?.status, "passed");
        assert.equal(issues.get(DEVICES)?.status, "passed");
        assert.match(JSON.stringify(read), /https:\/\/x\.eks\.amazonaws\.com/);
    });

    it("fails if certificates would wait for a missing one, and only warns if a few hosts lack it", async () => {
        const issues = await of(() => Promise.resolve(undefined));
        assert.equal(issues.get(COMPANY_CA)?.status, "failed");
        assert.match(
            issues.get(COMPANY_CA)?.message ?? "",
            /^does not exist; the update waits for certificates/,
        );
        assert.match(
            issues.get(COMPANY_CA)?.remedy ?? "",
            /pulumi up --target '\*\*Namespaces\*\*', then kubectl create secret generic company-ca -n cert-manager --from-file=tls\.crt=<file>.*certificates\.issuer\.secret/,
        );
        assert.equal(issues.get(DEVICES)?.status, "pending");
        const partial = await of(() => Promise.resolve(["tls.crt", "ca.crt"]));
        assert.match(partial.get(COMPANY_CA)?.message ?? "", /^lacks tls\.key;/);
    });

    it("lists them before the cluster exists, where it is unreachable, and where they cannot be read", async () => {
        const unread = () => assert.fail("read");
        const before = await of(unread, {
            "eks describe-cluster": NOT_THERE,
            "ec2 describe-addresses": { Addresses: [] },
        });
        assert.equal(before.get(COMPANY_CA)?.status, "pending");
        const connect = () => Promise.reject(new Error("ETIMEDOUT"));
        const unreachable = await preflight(withSecrets, environment({}, { connect, secretKeys: unread }));
        assert.ok(unreachable.some(({ check, status }) => check === COMPANY_CA && status === "pending"));
        const forbidden = await of(() => Promise.reject(new Error("HTTP 403")));
        assert.match(forbidden.get(COMPANY_CA)?.message ?? "", /^could not be read \(HTTP 403\)/);
        assert.equal(forbidden.get(COMPANY_CA)?.status, "pending");
    });

    it("includes every Secret that the configuration names", () => {
        const secrets = requiredSecrets(
            testConfig({
                domain: "mesh.acme.io",
                cluster,
                certificates: {
                    issuer: { from: "authority", secret: "edge" },
                    mesh: { from: "authority", secret: "root" },
                    clients: { devices: { from: "secret", secret: "devices" } },
                },
                egress: { caSecret: "external" },
                observability: {
                    prometheus: { from: "chart", grafanaAdmin: { from: "secret", secret: "grafana" } },
                },
            }),
        );
        assert.deepEqual(secrets.map(({ namespace, name }) => `${namespace}/${name}`).sort(), [
            "cert-manager/edge",
            "istio-egress/external",
            "istio-ingress/devices",
            "istio-system/root",
            "monitoring/grafana",
        ]);
    });
});
