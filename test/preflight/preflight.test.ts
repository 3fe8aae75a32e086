import assert from "node:assert/strict";
import type { PreflightIssue, PreflightEnvironment } from "../../cli/preflight/model";
import { preflight } from "../../cli/preflight/preflight";
import { testConfig } from "../support/config";
import { awsRemedy } from "../../local/engine/pulumi/remedies";
import { type Answers, environment, NAME_SERVERS, NOT_THERE } from "../support/preflight";

const config = testConfig({
    domain: "mesh.acme.io",
    cluster: { from: "eks", name: "mesh", region: "eu-central-1", accountId: "811122223333" },
});
async function wrongOf(
    different: Answers,
    more: Partial<PreflightEnvironment> = {},
): Promise<PreflightIssue> {
    const wrong = (await preflight(config, environment(different, more))).filter(
        ({ status }) => status === "failed",
    );
    assert.equal(wrong.length, 1, JSON.stringify(wrong));
    return wrong[0]!;
}

describe("preflight", () => {
    it("reports no issue for a healthy account", async () => {
        const issues = await preflight(config, environment());
        assert.deepEqual(
            issues.map(({ check, status }) => `${check} ${status}`),
            [
                "credentials passed",
                "region passed",
                "quota L-1216C47A passed",
                "cluster passed",
                "domain passed",
            ],
        );
        // (2 × 2 + 8 × 4 + 4 × 4) in each of three zones.
        assert.match(issues[2]?.message ?? "", /^vCPUs of all nodes at maximum size: 156 needed/);
    });

    it("reports what the first deployment creates, and counts existing resources", async () => {
        const issues = await preflight(
            config,
            environment({
                "eks describe-cluster": NOT_THERE,
                "route53 list-hosted-zones-by-name": { HostedZones: [] },
            }),
        );
        assert.deepEqual(issues.map(({ check, status }) => `${check} ${status}`).slice(2), [
            "quota L-1216C47A passed",
            "quota L-0263D0A3 passed",
            "quota L-F678F1CE passed",
            "cluster pending",
            "domain pending",
        ]);
    });

    it("reports what a first deployment would find at AWS, once the cluster does not exist", async () => {
        const left = {
            "logs describe-log-groups": { logGroups: [{ logGroupName: "/aws/eks/mesh/cluster" }] },
        };
        const conflicts = async (different: Answers) =>
            (await preflight(config, environment(different))).filter(({ check }) => check === "conflicts");
        assert.equal((await conflicts({ "eks describe-cluster": NOT_THERE, ...left })).length, 1);
        assert.deepEqual(await conflicts(left), []);
    });

    it("reports values that are reserved for examples, which an update rejects", async () => {
        const example = testConfig({
            domain: "mesh.example.com",
            cluster: { ...config.cluster, admins: ["arn:aws:iam::111122223333:role/platform-engineer"] },
        });
        const [first] = await preflight(
            example,
            environment({
                "eks describe-cluster": NOT_THERE,
                "route53 list-hosted-zones-by-name": { HostedZones: [] },
            }),
        );
        assert.deepEqual([first?.check, first?.status], ["example values", "pending"]);
        assert.match(first?.message ?? "", /^domain: mesh\.example\.com .*\n {4}cluster\.admins\.0: arn/);
    });

    it("reports an expired token, and makes no further calls", async () => {
        const expired = new Error(
            "An error occurred (ExpiredToken) when calling the GetCallerIdentity operation",
        );
        const issues = await preflight(config, environment({ "sts get-caller-identity": expired }));
        assert.equal(issues.length, 1);
        assert.match(issues[0]?.remedy ?? "", /expired: log in again \(aws sso login/);
    });

    it("reports another account's credentials", async () => {
        const { message, remedy } = await wrongOf({
            "sts get-caller-identity": { Account: "999999999999", Arn: "arn:aws:iam::999999999999:user/x" },
        });
        assert.match(message, /belongs to account 999999999999, but the stack.s account is 811122223333/);
        assert.match(remedy ?? "", /AWS_PROFILE/);
    });

    it("reports a wrong region, and an unknown zone", async () => {
        const nowhere = new Error(
            'Could not connect to the endpoint URL: "https://ec2.eu-nowhere-1.amazonaws.com/"',
        );
        assert.match(
            (await wrongOf({ "ec2 describe-availability-zones": nowhere })).remedy ?? "",
            /cluster\.region/,
        );
        const two = {
            AvailabilityZones: ["a", "b"].map((letter) => ({
                ZoneName: `eu-central-1${letter}`,
                State: "available",
            })),
        };
        const { message } = await wrongOf({ "ec2 describe-availability-zones": two });
        assert.equal(message, "eu-central-1c is not available to this account; zones of eu-central-1: a, b");
    });

    it("reports an insufficient quota, with the command to request it", async () => {
        const { check, remedy } = await wrongOf({
            "service-quotas get-service-quota": { Quota: { Value: 64 } },
        });
        assert.equal(check, "quota L-1216C47A");
        assert.match(
            remedy ?? "",
            /request-service-quota-increase .*--quota-code L-1216C47A --desired-value 156/,
        );
    });

    it("reports an unreachable cluster", async () => {
        const connect = () => Promise.reject(new Error("ETIMEDOUT after 5000 ms"));
        assert.match((await wrongOf({}, { connect })).remedy ?? "", /it is private.*tunnel/s);
    });

    it("reports a domain that is not delegated, or to other name servers", async () => {
        const none = await wrongOf({}, { nameServers: () => Promise.resolve([]) });
        assert.match(none.message, /is not delegated/);
        assert.equal(
            none.remedy,
            `add an NS record for mesh.acme.io to the zone acme.io: ${NAME_SERVERS.join(", ")}`,
        );
        const other = await wrongOf({}, { nameServers: () => Promise.resolve(["ns.other.io"]) });
        assert.match(
            other.message,
            /delegated to ns\.other\.io, which are not the name servers of its hosted zone/,
        );
    });
});

describe("remedies for AWS errors", () => {
    const cases: readonly (readonly [string, RegExp])[] = [
        ["creating EKS Node Group: VcpuLimitExceeded: You have requested more vCPU capacity", /quota/],
        ["dial tcp 10.96.1.2:443: i/o timeout", /tunnel/],
        ["operation error STS: GetCallerIdentity, ExpiredTokenException: token expired", /log in again/],
        [
            "UnauthorizedOperation: You are not authorized to perform this operation",
            /docs\/tasks\/set-up-pull-request-previews\.md/,
        ],
        // eslint-disable-next-line no-restricted-syntax -- a message of Kubernetes
        ["the server has asked for the client to provide credentials", /cluster\.admins/],
        ["aws sts get-caller-identity\n  failed with ENOENT", /install the AWS CLI/],
    ];
    for (const [message, remedy] of cases)
        it(message.slice(0, 60).replace("\n", " "), () => {
            assert.match(awsRemedy(message) ?? "", remedy);
        });

    it("are empty for other errors", () => {
        assert.equal(awsRemedy("Deployment sparc/auth is not ready"), undefined);
    });
});

describe("preflight of a mesh root at AWS Private CA", () => {
    const arn =
        "arn:aws:acm-pca:eu-central-1:811122223333:certificate-authority/5f0e1d2c-3b4a-4958-8677-6a5b4c3d2e1f";
    const withRoot = testConfig({
        domain: "mesh.acme.io",
        cluster: { from: "eks", name: "mesh", region: "eu-central-1", accountId: "811122223333" },
        certificates: { mesh: { from: "aws-private-ca", arn } },
    });
    const years = (count: number) => new Date(Date.now() + count * 365 * 24 * 3600 * 1000).toISOString();
    const root = async (authority: object) => {
        const answers = { "acm-pca describe-certificate-authority": { CertificateAuthority: authority } };
        const issues = await preflight(withRoot, environment(answers));
        return issues.find(({ check }) => check === "mesh root") ?? assert.fail("the root has no result");
    };

    it("passes if the CA is active and outlives the certificates that it signs", async () => {
        const { status, message } = await root({
            Status: "ACTIVE",
            UsageMode: "GENERAL_PURPOSE",
            NotAfter: years(5),
        });
        assert.deepEqual([status, message], ["passed", arn]);
    });

    for (const [why, authority, expected] of [
        [
            "is disabled",
            { Status: "DISABLED", NotAfter: years(5) },
            /its status is DISABLED, so it cannot sign/,
        ],
        [
            "signs for at most a week",
            { Status: "ACTIVE", UsageMode: "SHORT_LIVED_CERTIFICATE", NotAfter: years(5) },
            /SHORT_LIVED_CERTIFICATE limits certificates to seven days/,
        ],
        [
            "ends first",
            { Status: "ACTIVE", NotAfter: years(0.1) },
            /it expires on .*, before an intermediate/,
        ],
    ] as const) {
        it(`fails if the CA ${why}`, async () => {
            const { status, message, remedy } = await root(authority);
            assert.equal(status, "failed");
            assert.match(message, expected);
            assert.match(String(remedy), /certificates\.mesh\.arn/);
        });
    }

    it("is skipped if the root is in the cluster", async () => {
        assert.ok(!(await preflight(config, environment())).some(({ check }) => check === "mesh root"));
    });
});
