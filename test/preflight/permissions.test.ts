/** The page about pull requests lists every permission that `mesh preflight` and a preview need beyond ViewOnlyAccess. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { preflight } from "../../cli/preflight/preflight";
import { testConfig } from "../support/config";
import { environment, NOT_THERE } from "../support/preflight";

const ROOT = join(__dirname, "..", "..");
const PAGE = readFileSync(join(ROOT, "docs", "tasks", "set-up-pull-request-previews.md"), "utf8");

/** Of the actions that are used, those that AWS' managed policy ViewOnlyAccess allows (v46 of 2026-09-30). */
const VIEW_ONLY: ReadonlySet<string> = new Set([
    "ec2:DescribeAddresses",
    "ec2:DescribeAvailabilityZones",
    "ec2:DescribeInstanceTypes",
    "ec2:DescribeVpcs",
    "eks:DescribeCluster",
    "elasticloadbalancing:DescribeLoadBalancerAttributes",
    "elasticloadbalancing:DescribeLoadBalancers",
    "logs:DescribeLogGroups",
    "route53:GetHostedZone",
    "route53:ListHostedZonesByName",
]);

/** What the AWS provider calls for each lookup of the program (terraform-provider-aws, the data source of the same name). */
const LOOKUPS: Readonly<Record<string, readonly string[]>> = {
    "eks/getCluster": ["eks:DescribeCluster"],
    "lb/getLbs": ["elasticloadbalancing:DescribeLoadBalancers", "elasticloadbalancing:DescribeTags"],
    "lb/getLoadBalancer": [
        "elasticloadbalancing:DescribeLoadBalancers",
        "elasticloadbalancing:DescribeLoadBalancerAttributes",
        "elasticloadbalancing:DescribeTags",
    ],
    "ssm/getParameter": ["ssm:GetParameter"],
};

/** The IAM action of an AWS CLI command; undefined for one that needs no permission. */
function actionOf(service: string, operation: string): string | undefined {
    if (service === "sts") return undefined;
    const prefix = service === "service-quotas" ? "servicequotas" : service;
    const name = operation.replace(/(^|-)([a-z])/g, (_, __, letter: string) => letter.toUpperCase());
    return `${prefix}:${name}`;
}

function assertGranted(action: string): void {
    assert.ok(VIEW_ONLY.has(action) || PAGE.includes(`\`${action}\``), `the page does not list ${action}`);
}

describe("the role of previews", () => {
    it("may do everything that mesh preflight does", async () => {
        const config = testConfig({
            domain: "mesh.acme.io",
            cluster: { from: "eks", name: "mesh", region: "eu-central-1", accountId: "811122223333" },
            certificates: {
                mesh: {
                    from: "aws-private-ca",
                    arn: "arn:aws:acm-pca:eu-central-1:811122223333:certificate-authority/5f0e1d2c-3b4a-4958-8677-6a5b4c3d2e1f",
                },
            },
        });
        const authority = {
            Status: "ACTIVE",
            UsageMode: "GENERAL_PURPOSE",
            NotAfter: "2099-01-01T00:00:00Z",
        };
        const used = new Set<string>();
        for (const cluster of [{}, { "eks describe-cluster": NOT_THERE }]) {
            const simulated = environment({
                "acm-pca describe-certificate-authority": { CertificateAuthority: authority },
                ...cluster,
            });
            await preflight(config, {
                ...simulated,
                aws: (...args) => {
                    const [service = "", operation = ""] = args;
                    const action = actionOf(service, operation);
                    if (action !== undefined) used.add(action);
                    return simulated.aws(...args);
                },
                secretKeys: () => Promise.resolve([]),
            });
        }
        assert.ok(used.size >= 10, [...used].join());
        for (const action of used) assertGranted(action);
    });

    it("may do every lookup of the program", () => {
        const files = execFileSync("git", ["ls-files", "components"], { cwd: ROOT, encoding: "utf8" });
        const lookups = files
            .split("\n")
            .filter((file) => file.endsWith(".ts"))
            .flatMap((file) =>
                [
                    ...readFileSync(join(ROOT, file), "utf8").matchAll(/"@pulumi\/aws\/(\w+\/get\w+)"/g),
                ].flatMap(([, lookup = ""]) => lookup),
            );
        assert.ok(lookups.includes("ssm/getParameter"));
        for (const lookup of lookups) {
            const actions = LOOKUPS[lookup] ?? assert.fail(`add to LOOKUPS what ${lookup} calls`);
            for (const action of actions) assertGranted(action);
        }
    });
});
