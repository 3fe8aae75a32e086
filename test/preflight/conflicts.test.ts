import assert from "node:assert/strict";
import { conflictIssues } from "../../cli/preflight/conflicts";
import type { PreflightIssue } from "../../cli/preflight/model";
import type { EksConfig } from "../../config/cluster";
import { testConfig } from "../support/config";
import { environment } from "../support/preflight";

const ACCOUNT = "811122223333";

function conflicts(groups: readonly string[], caller: string, more: object = {}): Promise<PreflightIssue[]> {
    const { cluster } = testConfig({
        domain: "mesh.acme.io",
        cluster: { from: "eks", name: "mesh", region: "eu-central-1", ...more },
    });
    const logGroups = groups.map((logGroupName) => ({ logGroupName }));
    const answers = { "logs describe-log-groups": { logGroups } };
    return conflictIssues(cluster as EksConfig, caller, environment(answers));
}

const CALLER = `arn:aws:iam::${ACCOUNT}:role/x`;

describe("preflight of a cluster that does not exist", () => {
    it("reports a log group that an earlier cluster left, and how to delete it", async () => {
        const [issue, ...more] = await conflicts(["/aws/eks/mesh/cluster"], CALLER);
        assert.deepEqual(more, []);
        assert.equal(issue?.status, "pending");
        assert.match(issue.message, /^log group \/aws\/eks\/mesh\/cluster exists/);
        assert.match(
            issue.remedy ?? "",
            /aws logs delete-log-group --region eu-central-1 --log-group-name \/aws\/eks\/mesh\/cluster\b/,
        );
        assert.deepEqual(await conflicts(["/aws/eks/mesh/cluster-of-others"], CALLER), []);
        assert.deepEqual(await conflicts([], CALLER), []);
    });

    it("reports a creator that would get two access entries", async () => {
        const admins = [`arn:aws:iam::${ACCOUNT}:role/teams/platform`];
        const session = `arn:aws:sts::${ACCOUNT}:assumed-role/platform/up`;
        const [issue] = await conflicts([], session, { admins });
        assert.match(
            issue?.message ?? "",
            /^arn:aws:sts::.*\/up is one of cluster\.admins: .*ResourceInUseException$/,
        );
        const user = `arn:aws:iam::${ACCOUNT}:user/x`;
        assert.equal((await conflicts([], user, { viewers: [user] })).length, 1);
        const off = { admins, bootstrapClusterCreatorAdminPermissions: false };
        assert.deepEqual(await conflicts([], session, off), []);
        for (const other of [`arn:aws:iam::${ACCOUNT}:role/other`, "arn:aws:iam::811122224444:role/platform"])
            assert.deepEqual(await conflicts([], session, { admins: [other] }), [], other);
    });
});
