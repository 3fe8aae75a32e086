import assert from "node:assert/strict";
import { toText } from "../../cli/workloads/text";
import { checkWorkloads } from "../../cli/workloads/check";
import { bank } from "../example/bank";
import { objects, changed, findings, GOOD, JOB, MISTAKES, REPLICAS, reported } from "./cases";

describe("mesh workloads check", () => {
    it("finds nothing in a Deployment as the documentation describes it", () => {
        assert.deepEqual(findings(GOOD), []);
    });

    for (const [what, text, expected] of MISTAKES) {
        it(`finds ${what}, and nothing else`, () => {
            assert.deepEqual(reported(findings(text)), [expected]);
        });
    }

    it("finds replicas and a selector without app where Flagger rolls the service out", () => {
        const text = REPLICAS.replace(
            "matchLabels: { app: alerts }",
            "matchLabels: { sparc.dev/service: alerts }",
        );
        assert.deepEqual(reported(findings(text, {}, { enabled: true })), [
            "replicas error",
            "rollout error",
        ]);
    });

    it("finds jobs that would get traffic, or not complete, and says that they can call nothing", () => {
        assert.deepEqual(reported(findings(JOB)), [
            "job-calls warning",
            "job-completion error",
            "label error",
        ]);
    });

    it("requires label and account of a job that the catalogue describes, and nothing else", () => {
        const job = JOB.replace("name: nightly", "name: statements").replace(
            ', annotations: { sidecar.istio.io/nativeSidecar: "false" }',
            "",
        );
        const of = (text: string) => reported(checkWorkloads(objects(text), bank()).findings);
        // The bank has no service alerts.
        assert.deepEqual(of(job), ["job-calls warning", "label error"]);
        const labelled = job.replace("sparc.dev/service: alerts", "sparc.dev/service: statements");
        assert.deepEqual(of(labelled), ["account error"]);
        const complete = labelled.replace(
            "        spec:\n",
            "        spec:\n          serviceAccountName: statements\n",
        );
        assert.deepEqual(of(complete), []);
    });

    it("finds two workloads of which one selects the other's pods", () => {
        const text = `${GOOD}---\n${GOOD.replace("name: alerts, namespace", "name: alerts-batch, namespace")}`;
        assert.deepEqual(reported(findings(text)), ["selector error"]);
    });

    it("accepts what the program adds to an adopted workload, and finds what conflicts with it", () => {
        const services = { alerts: { from: "existing", name: "reporting" } };
        const adopted = GOOD.replace(", sparc.dev/service: alerts", "")
            .replace("name: alerts, namespace", "name: reporting, namespace")
            .replace("      serviceAccountName: alerts\n", "");
        assert.deepEqual(findings(adopted, services), []);
        const conflicting = adopted.replace(
            "      securityContext",
            "      serviceAccountName: robot\n      securityContext",
        );
        const found = findings(conflicting, services);
        assert.deepEqual(reported(found), ["account error"]);
        assert.match(found[0]?.problem ?? "", /conflicts/);
    });

    it("finds every field that the stack's patch sets to another value", () => {
        const services = { alerts: { from: "existing", name: "reporting", version: "v2" } };
        const adopted = GOOD.replace("name: alerts, namespace", "name: reporting, namespace");
        assert.deepEqual(findings(adopted, services), []);
        const versioned = (version: string) =>
            adopted.replace("labels: { app: alerts,", `labels: { app: alerts, version: ${version},`);
        assert.deepEqual(findings(versioned("v2"), services), []);
        const [finding, ...others] = findings(versioned("v1"), services);
        assert.deepEqual(others, []);
        assert.equal(finding?.field, "spec.template.metadata.labels.version");
        assert.match(finding.problem, /it is "v1", and the stack's patch sets "v2"/);
        assert.deepEqual(finding.patch, {
            apiVersion: "apps/v1",
            kind: "Deployment",
            metadata: { name: "reporting", namespace: "sparc" },
            spec: { template: { metadata: { labels: { version: "v2" } } } },
        });
        // The API server copies the account to the deprecated field, which the patch sets, too.
        const deprecated = adopted.replace(
            "serviceAccountName: alerts",
            "serviceAccount: robot\n      serviceAccountName: alerts",
        );
        assert.deepEqual(
            findings(deprecated, services).map(({ field }) => field),
            ["spec.template.spec.serviceAccount"],
        );
    });

    it("takes the service of workloads under another name from --service", () => {
        const text = GOOD.replace(", sparc.dev/service: alerts", "").replace(
            "name: alerts, namespace",
            "name: acme-reporting, namespace",
        );
        assert.deepEqual(reported(findings(text)), ["known-service error"]);
        assert.deepEqual(reported(findings(text, {}, undefined, "alerts")), ["label error"]);
        assert.throws(
            () => findings(text, {}, undefined, "alrts"),
            /no such service\. Did you mean "alerts"/,
        );
    });

    it("names file, line, object and field, and prints the patch", () => {
        const [finding] = findings(
            changed("      containers:", "      hostNetwork: true\n      containers:"),
        );
        assert.ok(finding);
        assert.equal(finding.place, "-:2");
        assert.equal(finding.object, "Deployment sparc/alerts");
        assert.equal(finding.field, "spec.template.spec.hostNetwork");
        assert.deepEqual(finding.patch, {
            apiVersion: "apps/v1",
            kind: "Deployment",
            metadata: { name: "alerts", namespace: "sparc" },
            spec: { template: { spec: { hostNetwork: null } } },
        });
        const text = toText({ workloads: ["Deployment sparc/alerts"], findings: [finding] });
        assert.match(
            text,
            /^Deployment sparc\/alerts \(-:2\)\n  ✗ spec\.template\.spec\.hostNetwork \[host-network\]/,
        );
        assert.match(text, /hostNetwork: null/);
        assert.match(text, /1 workload: 1 error, 0 warnings$/);
    });
});
