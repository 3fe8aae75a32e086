import assert from "node:assert/strict";
import type { Finding, Surroundings } from "../../cli/preflight/model";
import { preflight } from "../../cli/preflight/preflight";
import { parseConfig } from "../../config/load";
import { awsRemedy } from "../../local/engine/pulumi/remedies";

const config = parseConfig("test", {
    domain: "mesh.example.com",
    cluster: { from: "eks", name: "mesh", region: "eu-central-1", account: "111122223333" },
});
const NAME_SERVERS = ["ns-1.awsdns-01.org", "ns-2.awsdns-02.com"];

type Answers = Readonly<Record<string, unknown>>;

/** What an account answers in which the stack is up and all is well. */
const WELL: Answers = {
    "sts get-caller-identity": { Account: "111122223333", Arn: "arn:aws:iam::111122223333:role/x" },
    "ec2 describe-availability-zones": {
        AvailabilityZones: ["a", "b", "c"].map((letter) => ({
            ZoneName: `eu-central-1${letter}`,
            State: "available",
        })),
    },
    "ec2 describe-instance-types": {
        InstanceTypes: [
            { InstanceType: "m7i.large", VCpuInfo: { DefaultVCpus: 2 } },
            { InstanceType: "m7i.2xlarge", VCpuInfo: { DefaultVCpus: 8 } },
            { InstanceType: "c7i.xlarge", VCpuInfo: { DefaultVCpus: 4 } },
        ],
    },
    "ec2 describe-addresses": { Addresses: [{}, {}] },
    "ec2 describe-vpcs": { Vpcs: [{}] },
    "service-quotas get-service-quota": { Quota: { Value: 1000 } },
    "eks describe-cluster": { cluster: { endpoint: "https://x.eks.amazonaws.com", status: "ACTIVE" } },
    "route53 list-hosted-zones-by-name": {
        HostedZones: [{ Id: "/hostedzone/Z", Name: "mesh.example.com." }],
    },
    "route53 get-hosted-zone": { DelegationSet: { NameServers: NAME_SERVERS } },
};

/** An answer that is an Error is thrown. */
function around(different: Answers = {}, more: Partial<Surroundings> = {}): Surroundings {
    const answers = { ...WELL, ...different };
    return {
        aws: (...args) => {
            const answer = answers[args.slice(0, 2).join(" ")];
            if (answer === undefined) assert.fail(`nobody expects aws ${args.join(" ")}`);
            return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
        },
        nameServers: () => Promise.resolve(NAME_SERVERS.map((name) => `${name}.`)),
        connect: () => Promise.resolve(),
        ...more,
    };
}

const NOT_THERE = new Error(
    "An error occurred (ResourceNotFoundException): No cluster found for name: mesh.",
);

async function wrongOf(different: Answers, more: Partial<Surroundings> = {}): Promise<Finding> {
    const wrong = (await preflight(config, around(different, more))).filter(
        ({ verdict }) => verdict === "wrong",
    );
    assert.equal(wrong.length, 1, JSON.stringify(wrong));
    return wrong[0]!;
}

describe("preflight", () => {
    it("finds nothing wrong where all is well", async () => {
        const found = await preflight(config, around());
        assert.deepEqual(
            found.map(({ what, verdict }) => `${what} ${verdict}`),
            ["credentials right", "region right", "quota L-1216C47A right", "cluster right", "domain right"],
        );
        // (2 × 2 + 8 × 4 + 4 × 4) in each of three zones.
        assert.match(found[2]?.text ?? "", /^vCPUs of its nodes, at most: 156 needed/);
    });

    it("says what is to come before the first time, and counts what the account has already", async () => {
        const found = await preflight(
            config,
            around({
                "eks describe-cluster": NOT_THERE,
                "route53 list-hosted-zones-by-name": { HostedZones: [] },
            }),
        );
        assert.deepEqual(found.map(({ what, verdict }) => `${what} ${verdict}`).slice(2), [
            "quota L-1216C47A right",
            "quota L-0263D0A3 right",
            "quota L-F678F1CE right",
            "cluster to come",
            "domain to come",
        ]);
    });

    it("an expired token: log in again, and nothing else is asked", async () => {
        const expired = new Error(
            "An error occurred (ExpiredToken) when calling the GetCallerIdentity operation",
        );
        const found = await preflight(config, around({ "sts get-caller-identity": expired }));
        assert.equal(found.length, 1);
        assert.match(found[0]?.remedy ?? "", /expired: log in again \(aws sso login/);
    });

    it("another account's credentials", async () => {
        const { text, remedy } = await wrongOf({
            "sts get-caller-identity": { Account: "999999999999", Arn: "arn:aws:iam::999999999999:user/x" },
        });
        assert.match(text, /of account 999999999999, and the stack is of 111122223333/);
        assert.match(remedy ?? "", /AWS_PROFILE/);
    });

    it("a wrong region, and a zone that is not there", async () => {
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
        const { text } = await wrongOf({ "ec2 describe-availability-zones": two });
        assert.equal(text, "eu-central-1c is no zone that this account may use; eu-central-1 has a, b");
    });

    it("a missing quota, by the command that asks for it", async () => {
        const { what, remedy } = await wrongOf({
            "service-quotas get-service-quota": { Quota: { Value: 64 } },
        });
        assert.equal(what, "quota L-1216C47A");
        assert.match(
            remedy ?? "",
            /request-service-quota-increase .*--quota-code L-1216C47A --desired-value 156/,
        );
    });

    it("a cluster out of reach", async () => {
        const connect = () => Promise.reject(new Error("ETIMEDOUT after 5000 ms"));
        assert.match((await wrongOf({}, { connect })).remedy ?? "", /inside its network alone.*tunnel/s);
    });

    it("a domain that is not delegated, or to others", async () => {
        const none = await wrongOf({}, { nameServers: () => Promise.resolve([]) });
        assert.match(none.text, /is not delegated/);
        assert.equal(
            none.remedy,
            `at whoever keeps example.com, make an NS record of mesh.example.com: ${NAME_SERVERS.join(", ")}`,
        );
        const other = await wrongOf({}, { nameServers: () => Promise.resolve(["ns.other.example"]) });
        assert.match(other.text, /delegated to ns\.other\.example, which are not its zone's/);
    });
});

describe("remedies of AWS' errors", () => {
    const cases: readonly (readonly [string, RegExp])[] = [
        ["creating EKS Node Group: VcpuLimitExceeded: You have requested more vCPU capacity", /quota/],
        ["dial tcp 10.96.1.2:443: i/o timeout", /tunnel/],
        ["operation error STS: GetCallerIdentity, ExpiredTokenException: token expired", /log in again/],
        ["UnauthorizedOperation: You are not authorized to perform this operation", /docs\/cluster\.md/],
        ["the server has asked for the client to provide credentials", /cluster\.admins/],
        ["aws sts get-caller-identity\n  ended with ENOENT", /install the AWS CLI/],
    ];
    for (const [message, remedy] of cases)
        it(message.slice(0, 60).replace("\n", " "), () => {
            assert.match(awsRemedy(message) ?? "", remedy);
        });

    it("none for what is not of AWS", () => {
        assert.equal(awsRemedy("Deployment sparc/auth is not ready"), undefined);
    });
});

describe("preflight of a mesh whose root is at AWS Private CA", () => {
    const arn =
        "arn:aws:acm-pca:eu-central-1:111122223333:certificate-authority/5f0e1d2c-3b4a-4958-8677-6a5b4c3d2e1f";
    const withRoot = parseConfig("test", {
        domain: "mesh.example.com",
        cluster: { from: "eks", name: "mesh", region: "eu-central-1", account: "111122223333" },
        certificates: { mesh: { from: "aws-private-ca", arn } },
    });
    const years = (count: number) => new Date(Date.now() + count * 365 * 24 * 3600 * 1000).toISOString();
    const root = async (authority: object) => {
        const answers = { "acm-pca describe-certificate-authority": { CertificateAuthority: authority } };
        const found = await preflight(withRoot, around(answers));
        return found.find(({ what }) => what === "mesh root") ?? assert.fail("nothing is said of the root");
    };

    it("is right where the CA is active and outlasts what it signs", async () => {
        const { verdict, text } = await root({
            Status: "ACTIVE",
            UsageMode: "GENERAL_PURPOSE",
            NotAfter: years(5),
        });
        assert.deepEqual([verdict, text], ["right", arn]);
    });

    for (const [why, authority, said] of [
        ["is disabled", { Status: "DISABLED", NotAfter: years(5) }, /it is DISABLED and signs nothing/],
        [
            "signs for a week at most",
            { Status: "ACTIVE", UsageMode: "SHORT_LIVED_CERTIFICATE", NotAfter: years(5) },
            /SHORT_LIVED_CERTIFICATE signs for seven days/,
        ],
        ["ends first", { Status: "ACTIVE", NotAfter: years(0.1) }, /it ends on .*, before an intermediate/],
    ] as const) {
        it(`is wrong where the CA ${why}`, async () => {
            const { verdict, text, remedy } = await root(authority);
            assert.equal(verdict, "wrong");
            assert.match(text, said);
            assert.match(String(remedy), /certificates\.mesh\.arn/);
        });
    }

    it("is no question where the root is in the cluster", async () => {
        assert.ok(!(await preflight(config, around())).some(({ what }) => what === "mesh root"));
    });
});
