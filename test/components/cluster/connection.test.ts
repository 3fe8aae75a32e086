import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { stringify } from "yaml";
import { clusterProblems } from "../../../components/cluster/check";
import { eksKubeconfig, serverOf } from "../../../components/cluster/kubeconfig";
import { testConfig } from "../../support/config";
import { runProgram } from "../../support/program";

const ROOT = join(__dirname, "..", "..", "..");
const EKS = { from: "eks", name: "mesh", region: "eu-central-1" };

const parsed = (entries: Record<string, unknown>) => testConfig({ domain: "a.example.com", ...entries });

interface Kubeconfig {
    readonly clusters: [{ readonly cluster: Record<string, string> }];
    readonly users: [{ readonly user: { readonly exec: { readonly args: string[] } } }];
}

/** Two clusters; the first is the current context. */
const TWO = {
    "current-context": "one",
    contexts: [
        { name: "one", context: { cluster: "c1" } },
        { name: "two", context: { cluster: "c2" } },
    ],
    clusters: [
        { name: "c1", cluster: { server: "https://one:6443" } },
        { name: "c2", cluster: { server: "https://two:6443" } },
    ],
};

/** Addresses of an existing cluster. */
const NETWORK = {
    apiServerCidrs: ["10.96.0.1/32"],
    nodeCidrs: ["10.0.0.0/19"],
    loadBalancerCidrs: ["10.0.224.0/24"],
};

describe("the connection to the cluster", () => {
    let folder: string;
    before(() => {
        folder = mkdtempSync(join(tmpdir(), "mesh-kubeconfig-"));
    });
    after(() => {
        rmSync(folder, { recursive: true });
    });
    const writeKubeconfig = (value: unknown): string => {
        const file = join(folder, "kubeconfig");
        writeFileSync(file, stringify(value));
        return file;
    };
    it("is identified by the API server's address in the kubeconfig's context", () => {
        assert.equal(serverOf(writeKubeconfig(TWO), undefined), "https://one:6443");
        assert.equal(serverOf(writeKubeconfig(TWO), "two"), "https://two:6443");
    });

    it("lists a kubeconfig's contexts if the configured one is missing", () => {
        assert.throws(() => serverOf(writeKubeconfig(TWO), "three"), /no context three.*\(one, two\)/);
        assert.throws(
            () => serverOf(writeKubeconfig({ ...TWO, clusters: [] }), "one"),
            /refers to the cluster c1, which it does not define/,
        );
        assert.throws(
            () => serverOf(join(folder, "nowhere"), undefined),
            /cannot be read .*ENOENT.*update-kubeconfig/,
        );
    });

    it("gets a token from AWS, and uses the API server's name for TLS through a tunnel", () => {
        const address = { ...EKS, endpoint: "https://X.eks.amazonaws.com", authority: "Q0E=" };
        const direct = JSON.parse(eksKubeconfig(address)) as Kubeconfig;
        assert.equal(direct.clusters[0].cluster["server"], "https://X.eks.amazonaws.com");
        assert.equal(direct.clusters[0].cluster["tls-server-name"], undefined);
        assert.deepEqual(direct.users[0].user.exec.args.slice(0, 6), [
            "eks",
            "get-token",
            "--cluster-name",
            "mesh",
            "--region",
            "eu-central-1",
        ]);
        const far = JSON.parse(eksKubeconfig({ ...address, tunnel: "https://localhost:8443" })) as Kubeconfig;
        assert.equal(far.clusters[0].cluster["server"], "https://localhost:8443");
        assert.equal(far.clusters[0].cluster["tls-server-name"], "x.eks.amazonaws.com");
    });

    it("is required if a stack protects its resources", () => {
        assert.deepEqual(
            clusterProblems(parsed({ protect: true, network: NETWORK })).map((text) => text.split(":")[0]),
            ["kubeconfig", "context"],
        );
        assert.deepEqual(
            clusterProblems(parsed({ protect: true, kubeconfig: "f", context: "c", network: NETWORK })),
            [],
        );
        assert.deepEqual(clusterProblems(parsed({ network: NETWORK })), []);
        assert.deepEqual(clusterProblems(parsed({ protect: true, cluster: EKS })), []);
    });

    it("is rejected if configured twice", () => {
        const [problem, ...more] = clusterProblems(parsed({ cluster: EKS, context: "c" }));
        assert.deepEqual(more, []);
        assert.match(problem ?? "", /^context: .*remove it$/);
    });

    it("rejects all invalid clusters at once", () => {
        const wrong = {
            ...EKS,
            region: "frankfurt",
            version: "2",
            zones: ["a", "a", "b"],
            vpcCidr: "8.8.0.0/16",
            pools: { mesh: { minSize: 3, maxSize: 2 } },
        };
        assert.throws(
            () => parsed({ cluster: wrong }),
            ({ message }: Error) =>
                [
                    "cluster.region",
                    "cluster.version",
                    "cluster.zones",
                    "cluster.vpcCidr",
                    "cluster.pools.mesh.minSize",
                ].every((place) => message.includes(place)) && message.includes("5 mistakes"),
        );
    });
});

describe("an existing EKS cluster", () => {
    it("is looked up by its name, and nothing is created at AWS", async () => {
        const outputs: Record<string, unknown> = {};
        const all = await runProgram(
            "dev",
            {
                cluster: { from: "existing", name: "shared", region: "eu-west-1" },
                network: {
                    apiServerCidrs: ["172.20.0.1/32", "10.0.0.0/28"],
                    nodeCidrs: ["10.0.0.0/19"],
                    loadBalancerCidrs: ["10.0.224.0/24"],
                },
            },
            outputs,
        );
        assert.deepEqual(
            all.filter(({ type }) => type.startsWith("aws:")),
            [],
        );
        const provider = all.find(({ type }) => type === "pulumi:providers:kubernetes");
        assert.equal(
            provider?.inputs["clusterIdentifier"],
            "https://OTHER.gr7.eu-central-1.eks.amazonaws.com",
        );
        assert.ok(await pulumi.isSecret(outputs["kubeconfig"] as pulumi.Output<string>));
        // Pulumi warns of an undefined output.
        assert.deepEqual(Object.keys(outputs), ["kubeconfig", "grafanaPassword"]);
    });
});

describe("a stack with a cluster outside AWS", () => {
    it("has no AWS resource, and is bound to its cluster rather than its kubeconfig", async () => {
        const folder = mkdtempSync(join(tmpdir(), "mesh-kubeconfig-"));
        const file = join(folder, "kubeconfig");
        writeFileSync(file, stringify(TWO));
        const outputs: Record<string, unknown> = {};
        const all = await runProgram("local", { kubeconfig: file, context: "two" }, outputs);
        assert.deepEqual(outputs, {});
        rmSync(folder, { recursive: true });
        assert.deepEqual(
            all.filter(({ type }) => /aws|sparc:cluster/.test(type)),
            [],
        );
        const provider = all.find(({ type }) => type === "pulumi:providers:kubernetes");
        assert.equal(provider?.inputs["clusterIdentifier"], "https://two:6443");
    });

    it("does not load the AWS library", () => {
        const script =
            "require('./components/cluster/cluster'); require('./components/concerns');" +
            "process.stdout.write(String(Object.keys(require.cache).filter((file) => file.includes('@pulumi/aws/')).length))";
        const loaded = execFileSync(
            process.execPath,
            ["-r", "ts-node/register/transpile-only", "-e", script],
            { cwd: ROOT, encoding: "utf8" },
        );
        assert.equal(loaded, "0");
    });
});
