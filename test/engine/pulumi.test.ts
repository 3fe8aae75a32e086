import assert from "node:assert/strict";
import { mkdtemp, mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import { Events } from "../../local/engine/pulumi/events";
import {
    pendingOperations,
    pendingReleases,
    protectedResources,
    withPendingCreates,
} from "../../local/engine/pulumi/pending";
import {
    environment,
    hasState,
    isLocked,
    prepare,
    settingsFile,
    workspaceOf,
} from "../../local/engine/pulumi/workspace";
import type { DeployOptions } from "../../local/engine/types";

describe("the Pulumi CLI's workspace", () => {
    let stateDir: string;
    const options = (): DeployOptions => ({
        stack: "local",
        kubeconfig: "/kubeconfig",
        tools: { helm: "helm" },
        stateDir,
        configEntries: { domain: "sparc.local", istio: { replicas: 1 }, context: undefined },
        program: "/checkout/index.ts",
    });

    beforeEach(async () => {
        stateDir = await mkdtemp(join(tmpdir(), "sparc-mesh-state-"));
    });
    afterEach(() => rm(stateDir, { recursive: true }));

    it("runs the checkout's program with the machine's configuration, and keeps its files separate", async () => {
        const workspace = workspaceOf(options(), "https://a:6443/");
        await prepare(workspace, options());
        const project = parse(await readFile(join(workspace.folder, "Pulumi.yaml"), "utf8")) as unknown;
        assert.deepEqual(project, {
            name: "sparc-mesh",
            runtime: { name: "nodejs", options: { typescript: true } },
            main: "/checkout/index.ts",
        });
        const settings = parse(
            await readFile(join(workspace.folder, "Pulumi.local.yaml"), "utf8"),
        ) as unknown;
        assert.deepEqual(settings, {
            config: { "sparc-mesh:domain": "sparc.local", "sparc-mesh:istio": { replicas: 1 } },
        });
        assert.equal((await stat(workspace.passphrase)).mode & 0o777, 0o600);
        assert.match(await readFile(workspace.passphrase, "utf8"), /^[0-9a-f]{64}$/);
    });

    it("uses a separate passphrase, whatever the user's environment contains", async () => {
        const workspace = workspaceOf(options(), "https://a:6443/");
        await prepare(workspace, options());
        const { PULUMI_CONFIG_PASSPHRASE: passphrase } = await environment(workspace);
        assert.equal(passphrase, await readFile(workspace.passphrase, "utf8"));
    });

    it("keeps the passphrase, and the salt that Pulumi adds to the configuration", async () => {
        const workspace = workspaceOf(options(), "https://a:6443/");
        await prepare(workspace, options());
        const passphrase = await readFile(workspace.passphrase, "utf8");
        await prepare(workspace, options());
        assert.equal(await readFile(workspace.passphrase, "utf8"), passphrase);
        const settings = settingsFile("encryptionsalt: v1:abc\nconfig:\n  sparc-mesh:old: 1\n", {
            domain: "b.c",
        });
        assert.deepEqual(parse(settings), {
            encryptionsalt: "v1:abc",
            config: { "sparc-mesh:domain": "b.c" },
        });
    });

    it("is separate for another cluster", () => {
        assert.notEqual(
            workspaceOf(options(), "https://a:6443/").folder,
            workspaceOf(options(), "https://b:6443/").folder,
        );
    });

    it("detects whether there is a state, and whether an update was killed", async () => {
        const workspace = workspaceOf(options(), "https://a:6443/");
        assert.equal(await hasState(workspace), false);
        assert.equal(await isLocked(workspace), false);
        await prepare(workspace, options());
        const { PULUMI_BACKEND_URL: url } = await environment(workspace);
        const backend = new URL(url!).pathname;
        await mkdir(join(backend, ".pulumi", "stacks", "sparc-mesh"), { recursive: true });
        await writeFile(join(backend, ".pulumi", "stacks", "sparc-mesh", "local.json"), "{}");
        await mkdir(join(backend, ".pulumi", "locks", "organization", "sparc-mesh", "local"), {
            recursive: true,
        });
        await writeFile(
            join(backend, ".pulumi", "locks", "organization", "sparc-mesh", "local", "x.json"),
            "{}",
        );
        assert.equal(await hasState(workspace), true);
        assert.equal(await isLocked(workspace), true);
    });
});

describe("an update that was killed", () => {
    const release = {
        type: "creating",
        resource: {
            urn: "urn:pulumi:local::sparc-mesh::kubernetes:helm.sh/v3:Release::control-plane-istiod",
            type: "kubernetes:helm.sh/v3:Release",
            inputs: { name: "istiod", namespace: "istio-system" },
        },
    };
    const namespace = {
        type: "creating",
        resource: {
            urn: "urn:ns",
            type: "kubernetes:core/v1:Namespace",
            inputs: { metadata: { name: "sparc" } },
        },
    };
    const update = { type: "updating", resource: { ...namespace.resource, urn: "urn:updated" } };

    it("is resolved by recording pending creations as created, with the provider's ID", () => {
        const stack = { urn: "urn:stack" };
        const foreign = { type: "creating", resource: { urn: "urn:f", type: "aws:s3/bucket:Bucket" } };
        assert.deepEqual(
            withPendingCreates({
                manifest: "kept",
                resources: [stack],
                pending_operations: [release, namespace, update, foreign],
            }),
            {
                manifest: "kept",
                resources: [
                    stack,
                    { ...release.resource, id: "istio-system/istiod", outputs: release.resource.inputs },
                    { ...namespace.resource, id: "sparc", outputs: namespace.resource.inputs },
                ],
                pending_operations: [update, foreign],
            },
        );
    });

    it("has pending Helm releases that must be repaired first", () => {
        assert.deepEqual(
            pendingReleases([namespace, release]).map(({ namespace: where, name }) => `${where}/${name}`),
            ["istio-system/istiod"],
        );
    });

    it("is visible in the exported state", () => {
        assert.deepEqual(pendingOperations({ resources: [] }), []);
        assert.deepEqual(pendingOperations({ pending_operations: [update] }), [update]);
    });
});

describe("a state of the Pulumi CLI", () => {
    it("contains the resources that the program protects", () => {
        const resources = [
            { urn: "urn:a", protect: true },
            { urn: "urn:b", protect: false },
            { urn: "urn:c" },
        ];
        assert.deepEqual(protectedResources({ resources }), ["urn:a"]);
        assert.deepEqual(protectedResources(undefined), []);
    });
});

describe("the Pulumi engine's events", () => {
    const step = (op: string, type = "kubernetes:core/v1:Service"): Parameters<Events["take"]>[0] =>
        ({
            resourcePreEvent: { metadata: { op, type, urn: `urn:pulumi:local::sparc-mesh::${type}::auth` } },
        }) as never;

    it("are counted for resources in the cluster, a replacement once", () => {
        const events = new Events(() => undefined);
        for (const op of [
            "create",
            "same",
            "update",
            "create-replacement",
            "replace",
            "delete-replaced",
            "delete",
        ])
            events.take(step(op));
        events.take(step("create", "pulumi:pulumi:Stack"));
        assert.deepEqual(events.counts, { created: 1, updated: 2, unchanged: 1, pruned: 1 });
    });

    it("are kept if they are errors, with the resource's name", () => {
        const events = new Events(() => undefined);
        const urn = "urn:pulumi:local::sparc-mesh::sparc:mesh:Access$kubernetes:core/v1:Service::access-auth";
        events.take({ diagnosticEvent: { severity: "warning", message: "w" } } as never);
        events.take({ diagnosticEvent: { severity: "error", message: "denied", urn } } as never);
        assert.deepEqual(
            events.failures.map(({ what, message }) => [what, message]),
            [["Service access-auth", "denied"]],
        );
    });
});
