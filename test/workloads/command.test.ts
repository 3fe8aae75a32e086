import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runMesh } from "../support/cli";

const POD = (extra: string) => `
apiVersion: v1
kind: Pod
metadata: { name: alerts, namespace: sparc, labels: { sparc.dev/service: alerts } }
spec:
  serviceAccountName: alerts
  ${extra}
  securityContext: { runAsNonRoot: true, seccompProfile: { type: RuntimeDefault } }
  containers:
    - name: main
      image: alerts:1
      securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: [ALL] } }
`;

describe("mesh workloads check, as a command", function () {
    this.timeout(60_000);
    let folder: string;

    before(() => {
        folder = mkdtempSync(join(tmpdir(), "mesh-workloads-"));
        writeFileSync(join(folder, "warning.yaml"), POD(""));
        writeFileSync(join(folder, "error.yaml"), POD("hostNetwork: true"));
        writeFileSync(join(folder, "broken.yaml"), "a: [");
        writeFileSync(
            join(folder, "config.yaml"),
            "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: x }\n",
        );
    });
    after(() => {
        rmSync(folder, { recursive: true });
    });

    const check = (...args: string[]) => runMesh("workloads", "check", ...args);

    it("exits with 0 if there are only warnings", async () => {
        const { status, stdout, stderr } = await check("--stack", "local", join(folder, "warning.yaml"));
        assert.equal(status, 0, stderr);
        assert.match(stdout, /1 workload: 0 errors, 1 warning\n$/);
    });

    it("exits with 1 if a finding breaks traffic, and prints it as JSON", async () => {
        const { status, stdout } = await check("--json", join(folder, "error.yaml"));
        assert.equal(status, 1);
        const { findings } = JSON.parse(stdout) as { findings: { check: string; place: string }[] };
        const found = findings.find((finding) => finding.check === "host-network");
        assert.equal(found?.place, `${join(folder, "error.yaml")}:2`);
    });

    it("exits with 2 for input that it cannot check", async () => {
        for (const [args, message] of [
            [[join(folder, "broken.yaml")], /broken\.yaml:1: /],
            [[join(folder, "nowhere.yaml")], /nowhere\.yaml: no such file or folder/],
            [[join(folder, "config.yaml")], /no workload in .*config\.yaml/],
            [["--service", "alrts", join(folder, "error.yaml")], /Did you mean "alerts"/],
            [["--stack", "nowhere", join(folder, "error.yaml")], /no stack "nowhere"/],
        ] as const) {
            const { status, stderr } = await check(...args);
            assert.equal(status, 2, stderr);
            assert.match(stderr, message);
        }
    });
});
