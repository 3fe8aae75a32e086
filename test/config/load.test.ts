import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { getFileInfo } from "prettier";
import { ConfigError, fromEngine, loadStackFile } from "../../config/load";
import { REVISIONS, testConfig } from "../support/config";
import { temporaryFolder } from "../support/folder";

const ROOT = join(__dirname, "..", "..");

function problemsOf(action: () => unknown): readonly string[] {
    try {
        action();
    } catch (error) {
        assert.ok(error instanceof ConfigError, String(error));
        return error.problems;
    }
    return assert.fail("no ConfigError was thrown");
}

describe("a stack's configuration", () => {
    it("requires only a domain and the revisions of Istio", () => {
        const config = testConfig({ domain: "mesh.example.com" });
        assert.deepEqual(config.sidecar, {
            cpu: "100m",
            memory: "128Mi",
            cpuLimit: "2000m",
            memoryLimit: "1Gi",
        });
        assert.equal(config.istio.replicas, 2);
        assert.equal(config.istio.cni, true);
        assert.equal(config.istio.charts.from, "registry");
        assert.deepEqual(config.workloads, { services: {}, standIns: false });
    });

    for (const stack of ["local", "dev", "prod"]) {
        it(`of ${stack} is valid`, () => {
            assert.doesNotThrow(() => loadStackFile(stack, ROOT));
        });
    }

    it("of prod protects resources, and runs two istiod replicas", () => {
        const { protect, istio } = loadStackFile("prod", ROOT);
        assert.deepEqual([protect, istio.replicas], [true, 2]);
    });

    it("suggests the nearest known key for an unknown one, at every depth", () => {
        const problems = problemsOf(() =>
            testConfig({
                domain: "a.example",
                protct: true,
                istio: { replcas: 2, charts: { from: "folder", pth: "x" } },
            }),
        );
        assert.equal(problems.length, 4, problems.join("\n"));
        const text = problems.join("\n");
        assert.match(text, /^protct: unknown key; did you mean "protect"\?/m);
        assert.match(text, /^istio\.replcas: unknown key; did you mean "replicas"\?/m);
        assert.match(text, /^istio\.charts\.pth: unknown key; did you mean "path"\?/m);
        assert.match(text, /^istio\.charts\.path: .*it is missing$/m);
    });

    it("lists the known keys if none is similar", () => {
        const [problem] = problemsOf(() => testConfig({ domain: "a.example", gateways: { zzzzzz: 1 } }));
        assert.equal(
            problem,
            "gateways.zzzzzz: unknown key; known here: drain, replicas, resources, serviceType",
        );
    });

    it("reports ten mistakes at once", () => {
        const problems = problemsOf(() =>
            testConfig({
                domain: "localhost",
                trustDomain: "Cluster Local",
                protect: "yes",
                context: "",
                istio: { tag: "", replicas: 0, cni: "on" },
                sidecar: { cpu: "lots" },
                gateways: { serviceType: "Nodeport" },
                workloads: { standIns: true },
            }),
        );
        assert.equal(problems.length, 10, problems.join("\n"));
        assert.ok(
            problems.some((problem) => problem.startsWith("sidecar.cpu: must be a Kubernetes quantity")),
        );
        assert.ok(
            problems.some((problem) =>
                /^gateways\.serviceType: .*got "Nodeport"; did you mean "NodePort"\?$/.test(problem),
            ),
        );
    });

    it("is parsed from the engine's text like from the file", () => {
        const config = fromEngine("test", {
            "sparc-mesh:domain": "mesh.example.com",
            "sparc-mesh:protect": "true",
            "sparc-mesh:istio": JSON.stringify({ revisions: REVISIONS, replicas: 3 }),
            "kubernetes:context": "other project's",
        });
        assert.deepEqual(
            [config.domain, config.protect, config.istio.replicas],
            ["mesh.example.com", true, 3],
        );
    });

    it("keeps strings that look like a number or a boolean", () => {
        assert.equal(
            fromEngine("test", {
                "sparc-mesh:domain": "a.b",
                "sparc-mesh:istio": JSON.stringify({ revisions: REVISIONS }),
                "sparc-mesh:context": "true",
            }).context,
            "true",
        );
    });

    it("names the known stacks for an unknown one", () => {
        assert.deepEqual(
            problemsOf(() => loadStackFile("prd", ROOT)),
            ['there is no stack "prd"; the stacks here are dev, local, prod'],
        );
    });

    it("is parsed from a file that the Pulumi CLI has rewritten, with booleans as strings", () => {
        const folder = temporaryFolder("mesh-config-");
        const text =
            'config:\n  sparc-mesh:domain: a.example\n  sparc-mesh:protect: "true"\n' +
            '  sparc-mesh:istio: {"revisions":[{"name":"1-31-1","version":"1.31.1"}]}\n';
        writeFileSync(join(folder, "Pulumi.cli.yaml"), text);
        assert.equal(loadStackFile("cli", folder).protect, true);
    });

    it("can have the Pulumi CLI's format: `npm run lint` does not check it", async () => {
        const ignorePath = join(ROOT, ".prettierignore");
        for (const stack of ["local", "dev", "prod", "any"])
            assert.equal(
                (await getFileInfo(join(ROOT, `Pulumi.${stack}.yaml`), { ignorePath })).ignored,
                true,
            );
        assert.equal((await getFileInfo(join(ROOT, "Pulumi.yaml"), { ignorePath })).ignored, false);
    });

    it("rejects everything in a stack's file that nothing reads", () => {
        const folder = temporaryFolder("stacks-");
        writeFileSync(
            join(folder, "Pulumi.odd.yaml"),
            [
                "encryptionsalt: v1:x",
                "config:",
                "  sparc-mesh:domain: mesh.example.com",
                "  sparc-mehs:protect: true",
                "  aws:region: eu-central-1",
                "sparc-mesh:traffic: {}",
                "confg: {}",
            ].join("\n"),
        );
        assert.deepEqual(
            problemsOf(() => loadStackFile("odd", folder)).map((problem) => problem.split(";")[0]),
            [
                "sparc-mesh:traffic: misplaced outside `config:`, where nothing reads it",
                "confg: unknown key",
                "sparc-mehs:protect: unknown namespace sparc-mehs",
            ],
        );
    });

    it("suggests the nearest key inside one service's settings", () => {
        const [problem] = problemsOf(() =>
            testConfig({
                domain: "mesh.example.com",
                traffic: { services: { auth: { miror: { to: "v2" } } } },
            }),
        );
        assert.match(problem ?? "", /^traffic\.services\.auth\.miror: unknown key; did you mean "mirror"\?/);
    });

    const fromFile = (text: string) => {
        const folder = temporaryFolder("mesh-config-");
        writeFileSync(join(folder, "Pulumi.odd.yaml"), text);
        return problemsOf(() => loadStackFile("odd", folder)).join("\n");
    };

    it("rejects keys in unknown namespaces, from the file and from the engine", () => {
        const domain = "sparc-mesh:domain: mesh.example.com";
        assert.match(
            fromFile(`config:\n  ${domain}\n  sparc:protect: true\n`),
            /^sparc:protect: unknown namespace/,
        );
        assert.match(
            problemsOf(() =>
                fromEngine("test", { "sparc-mesh:domain": "a.b", "sparc-mehs:edge": "{}" }),
            ).join(),
            /^sparc-mehs:edge: .*did you mean "sparc-mesh"\?/,
        );
    });

    it("is rejected if it is not a map, or has a duplicate key", () => {
        for (const text of ["[]", "config: []", "config: domain", "- config: {}", "text"])
            assert.match(fromFile(text), /must be a map/, text);
        assert.equal(
            fromFile("config:"),
            "domain: expected string; it is missing\n" +
                "istio.revisions: must list the stack's revisions of istiod, such as " +
                "[{ name: 1-31-1, version: 1.31.1 }]; it is missing",
        );
        assert.match(
            fromFile("config:\n  domain: a.b\n  sparc-mesh:domain: c.d\n"),
            /^domain: duplicate key/,
        );
    });

    it("is rejected if Pulumi has encrypted a value, at any depth", () => {
        const errors = fromFile(
            'config:\n  domain: a.b\n  sparc-mesh:context: { secure: "v1:x" }\n' +
                '  sparc-mesh:edge: { issuers: [{ issuer: https://a.example, jwks: { secure: "v1:y" } }] }\n' +
                // A service named `secure` is not an encrypted value.
                "  sparc-mesh:traffic: { services: { secure: { versions: { v1: 100 } } } }\n",
        );
        assert.match(errors, /^sparc-mesh:context: encrypted value \(secure:\), .*in plain text/);
        assert.match(errors, /sparc-mesh:edge\.issuers\.0\.jwks: encrypted value/);
        assert.doesNotMatch(errors, /traffic/);
    });

    it("is rejected for a region whose ARNs are not of the partition aws", () => {
        const of = (region: string) => () =>
            testConfig({ domain: "a.b", cluster: { from: "eks", name: "mesh", region } });
        for (const region of ["eu-central-1", "us-east-1", "ap-southeast-2"]) assert.doesNotThrow(of(region));
        for (const region of ["cn-north-1", "us-gov-west-1", "us-iso-east-1", "us-isob-east-1"])
            assert.match(problemsOf(of(region)).join(), /^cluster\.region: .*not of China, GovCloud/);
    });

    it("reports the position of invalid JSON in a string", () => {
        assert.match(
            problemsOf(() =>
                fromEngine("test", { "sparc-mesh:domain": "a.b", "sparc-mesh:istio": "{oops" }),
            ).join(),
            /^sparc-mesh:istio: invalid JSON \(.*position 1/,
        );
    });

    it("reports invalid YAML with its line", () => {
        const folder = temporaryFolder("mesh-config-");
        writeFileSync(join(folder, "Pulumi.bad.yaml"), "config:\n  a: [1\n  b: 2\n");
        const [problem] = problemsOf(() => loadStackFile("bad", folder));
        assert.match(problem ?? "", /line \d/);
    });
});
