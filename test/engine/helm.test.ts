import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
    decide,
    recoveryFor,
    type ReleaseStatus,
    type ReleaseRevision,
} from "../../local/engine/helm/decide";
import { digestOfRelease } from "../../local/engine/helm/digest";
import { upgradeArguments } from "../../local/engine/helm/helm";
import { runTethered } from "../../local/engine/helm/tether";
import type { ReleaseRequest } from "../../local/engine/resource";

const revision = (number: number, status: ReleaseStatus, digest = "old"): ReleaseRevision => ({
    revision: number,
    status,
    digest,
    installedAs: number,
});

describe("the action for a release", () => {
    const nothing = { do: "nothing" } as const;
    const cases: readonly (readonly [string, readonly ReleaseRevision[], ReturnType<typeof decide>])[] = [
        ["that is not there: install", [], { do: "upgrade", first: nothing, existed: false }],
        ["that is as wanted: nothing", [revision(1, "superseded"), revision(2, "deployed", "new")], nothing],
        [
            "that was upgraded or rolled back by hand, which keeps the labels: upgrade",
            [revision(1, "superseded", "new"), { ...revision(2, "deployed", "new"), installedAs: 1 }],
            { do: "upgrade", first: nothing, existed: true },
        ],
        [
            "that an earlier version of this engine installed, without the revision's number: upgrade",
            [{ revision: 1, status: "deployed", digest: "new" }],
            { do: "upgrade", first: nothing, existed: true },
        ],
        [
            "that differs: upgrade",
            [revision(1, "deployed")],
            { do: "upgrade", first: nothing, existed: true },
        ],
        [
            "whose wanted revision failed: upgrade from the good one",
            [revision(1, "deployed"), revision(2, "failed", "new")],
            { do: "upgrade", first: nothing, existed: true },
        ],
        [
            "that never worked: start afresh",
            [revision(1, "failed", "new")],
            { do: "upgrade", first: { do: "uninstall" }, existed: false },
        ],
        [
            "killed in its first install: start afresh",
            [revision(1, "pending-install", "new")],
            { do: "upgrade", first: { do: "uninstall" }, existed: false },
        ],
        [
            "killed in an upgrade: roll back, then upgrade",
            [revision(3, "pending-upgrade", "new"), revision(1, "superseded"), revision(2, "deployed")],
            { do: "upgrade", first: { do: "rollback", to: 2 }, existed: true },
        ],
        [
            "killed when the new revision was about to take over: roll back to the superseded one",
            [revision(1, "superseded"), revision(2, "pending-upgrade", "new")],
            { do: "upgrade", first: { do: "rollback", to: 1 }, existed: true },
        ],
        [
            "killed in a rollback: roll back again",
            [revision(1, "deployed"), revision(2, "failed"), revision(3, "pending-rollback")],
            { do: "upgrade", first: { do: "rollback", to: 1 }, existed: true },
        ],
        [
            "killed in an upgrade with nothing good behind: start afresh",
            [revision(1, "failed"), revision(2, "pending-upgrade")],
            { do: "upgrade", first: { do: "uninstall" }, existed: false },
        ],
        [
            "killed while it was uninstalled: finish that",
            [revision(1, "uninstalling", "new")],
            { do: "upgrade", first: { do: "uninstall" }, existed: false },
        ],
        [
            "whose history was kept: install",
            [revision(1, "uninstalled", "new")],
            { do: "upgrade", first: nothing, existed: true },
        ],
    ];
    for (const [name, revisions, expected] of cases) {
        it(name, () => {
            assert.deepEqual(decide(revisions, "new"), expected);
        });
    }

    it("that is healthy needs no repair", () => {
        assert.deepEqual(recoveryFor([revision(1, "deployed")]), nothing);
        assert.deepEqual(recoveryFor([]), nothing);
    });
});

describe("a release", () => {
    let folder: string;
    let request: ReleaseRequest;

    beforeEach(async () => {
        folder = await mkdtemp(join(tmpdir(), "sparc-mesh-chart-"));
        await mkdir(join(folder, "templates"));
        await writeFile(join(folder, "Chart.yaml"), "name: x");
        await writeFile(join(folder, "templates", "a.yaml"), "kind: A");
        request = {
            name: "istiod",
            namespace: "istio-system",
            chart: folder,
            values: { a: 1, b: { c: [2] } },
            createNamespace: false,
            atomic: true,
            wait: true,
            skipCrds: false,
            timeout: 600,
        };
    });
    afterEach(() => rm(folder, { recursive: true }));

    it("has another digest when its chart's content, its values or its options change", async () => {
        const digests = [await digestOfRelease(request)];
        digests.push(await digestOfRelease({ ...request, values: { a: 1, b: { c: [3] } } }));
        digests.push(await digestOfRelease({ ...request, skipCrds: true }));
        digests.push(await digestOfRelease({ ...request, chart: "oci://ghcr.io/x", version: "1.31.1" }));
        digests.push(await digestOfRelease({ ...request, chart: "oci://ghcr.io/x", version: "1.31.2" }));
        await writeFile(join(folder, "templates", "a.yaml"), "kind: B");
        digests.push(await digestOfRelease(request));
        assert.equal(new Set(digests).size, digests.length);
    });

    it("has the same digest for any order of values, and any timeout", async () => {
        const other = { ...request, values: { b: { c: [2] }, a: 1 }, timeout: 10 };
        assert.equal(await digestOfRelease(other), await digestOfRelease(request));
    });

    it("is installed with its digest as a label and its values on standard input", () => {
        assert.equal(
            upgradeArguments({ ...request, chart: "/charts/istiod" }, "0123456789abcdef", 4).join(" "),
            "upgrade istiod /charts/istiod --install --namespace istio-system --values - " +
                "--labels sparc.dev/digest=0123456789abcdef,sparc.dev/revision=4 --history-max 5 --wait --atomic --timeout 600s",
        );
    });

    it("passes chart, version, repository, and skipped parts", () => {
        const remote = {
            ...request,
            chart: "cert-manager",
            repository: "https://charts.jetstack.io",
            version: "1.21.2",
        };
        const args = upgradeArguments(
            { ...remote, atomic: false, wait: false, skipCrds: true, createNamespace: true },
            "d",
            1,
        ).join(" ");
        assert.match(
            args,
            /--version 1\.21\.2 --repo https:\/\/charts\.jetstack\.io --create-namespace --skip-crds/,
        );
        assert.doesNotMatch(args, /--wait|--atomic/);
    });
});

describe("a command with a timeout", () => {
    it("reads its input, and fails with its error output", async () => {
        await runTethered("sh", ["-c", 'test "$(cat)" = hello'], { input: "hello", timeout: 5000 });
        await assert.rejects(runTethered("sh", ["-c", "echo no >&2; exit 3"], { timeout: 5000 }), {
            name: "CommandError",
            reason: 3,
            stderr: "no",
        });
    });

    it("is killed after its timeout", async () => {
        const start = Date.now();
        await assert.rejects(runTethered("sleep", ["60"], { timeout: 200 }), {
            reason: "a timeout after 0.2 s",
        });
        assert.ok(Date.now() - start < 5000);
    });

    it("cannot start a missing program", async () => {
        await assert.rejects(runTethered("/nonexistent/helm", [], { timeout: 5000 }), { reason: 127 });
    });
});
