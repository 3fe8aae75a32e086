/** The ConfigMap that maps IAM roles to users of an EKS cluster. */
import { itAccepts, itRejects } from "./assertions";

describe("aws-auth", () => {
    const map = (data: object): string =>
        `{ apiVersion: v1, kind: ConfigMap, metadata: { name: aws-auth, namespace: kube-system }, data: ${JSON.stringify(data)} }`;
    itRejects("cluster-aws-auth", [
        {
            what: "an administrator",
            yaml: map({
                mapRoles: "- rolearn: arn:aws:iam::1:role/ci\n  username: ci\n  groups: [system:masters]\n",
            }),
        },
        {
            what: "a user of another group",
            yaml: map({ mapUsers: "- userarn: arn:aws:iam::1:user/x\n  username: x\n  groups: [team]\n" }),
        },
        {
            what: "a node role with more groups",
            yaml: map({
                mapRoles:
                    '- rolearn: a\n  username: "system:node:{{EC2PrivateDNSName}}"\n  groups: [system:nodes, system:masters]\n',
            }),
        },
        { what: "an account", yaml: map({ mapAccounts: '- "999999999999"\n' }) },
        {
            what: "JSON",
            yaml: map({ mapRoles: '[{"rolearn":"a","username":"x","groups":["system:masters"]}]' }),
        },
    ]);
    itAccepts("cluster-aws-auth", [
        { what: "no entries", yaml: map({ mapRoles: "[]\n", mapAccounts: "[]\n" }) },
    ]);
});
