/** Security groups, prefix lists and the VPC CNI (J01–J05, E17, E18). */
import assert from "node:assert/strict";
import fc from "fast-check";
import { itAccepts, violationMessages, itRejects } from "./assertions";

const resource = (type: string, properties: object, name = "x"): string =>
    JSON.stringify({ type, name, properties });
describe("security groups", () => {
    const rule = (properties: object, name = "r"): string =>
        resource(
            "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
            { securityGroupId: "sg-1", ipProtocol: "-1", ...properties },
            name,
        );
    itRejects("cluster-security-groups", [
        { what: "a cloud's network", yaml: rule({ cidrIpv4: "3.0.0.0/8" }) },
        { what: "half of such a network", yaml: rule({ cidrIpv4: "52.0.0.0/11" }) },
        { what: "a prefix list", yaml: rule({ prefixListId: "pl-1" }) },
        {
            what: "a prefix list in a group",
            yaml: resource("aws:ec2/securityGroup:SecurityGroup", { ingress: [{ prefixListIds: ["pl-1"] }] }),
        },
        {
            what: "AWS Native's rule",
            yaml: resource("aws-native:ec2:SecurityGroupIngress", { cidrIp: "0.0.0.0/0" }),
        },
        {
            what: "AWS Native's group",
            yaml: resource("aws-native:ec2:SecurityGroup", { securityGroupIngress: [{ cidrIpv6: "::/0" }] }),
        },
        {
            what: "a prefix list of all addresses",
            yaml: resource("aws:ec2/managedPrefixList:ManagedPrefixList", {
                entries: [{ cidr: "0.0.0.0/1" }, { cidr: "128.0.0.0/1" }],
            }),
        },
        {
            what: "a prefix list entry of all addresses",
            yaml: resource("aws:ec2/managedPrefixListEntry:ManagedPrefixListEntry", { cidr: "::/0" }),
        },
    ]);
    itAccepts("cluster-security-groups", [
        { what: "private networks", yaml: rule({ cidrIpv4: "10.0.0.0/8" }) },
        { what: "an office", yaml: rule({ cidrIpv4: "203.0.113.0/24" }) },
        {
            what: "a listed prefix list",
            yaml: rule({ prefixListId: "pl-1" }),
            config: { prefixLists: [{ id: "pl-1", reason: "CloudFront's origins", until: "2099-01-01" }] },
        },
        {
            what: "a prefix list of offices",
            yaml: resource("aws:ec2/managedPrefixList:ManagedPrefixList", {
                entries: [{ cidr: "203.0.113.0/24" }],
            }),
        },
    ]);

    it("rejects many Internet networks in the rules of one group, but not spread over many groups", () => {
        fc.assert(
            fc.property(fc.integer({ min: 5, max: 40 }), fc.boolean(), (count, isOne) => {
                const rules = Array.from({ length: count }, (_, index) =>
                    rule(
                        {
                            cidrIpv4: `${20 + index}.0.0.0/16`,
                            ...(isOne ? {} : { securityGroupId: `sg-${index}` }),
                        },
                        `r${index}`,
                    ),
                );
                const messages = violationMessages("cluster-security-group-cidrs", rules.join("\n---\n"));
                assert.equal(messages.length, isOne ? count : 0);
            }),
        );
    });
});

describe("the VPC CNI", () => {
    const cluster = resource("aws:eks/cluster:Cluster", {}, "mesh");
    const addOn = (values: string): string =>
        `${cluster}\n---\n${resource("aws:eks/addon:Addon", { addonName: "vpc-cni", configurationValues: values }, "cni")}`;
    const agent = (argument: string): string =>
        `{ apiVersion: apps/v1, kind: DaemonSet, metadata: { name: aws-node, namespace: kube-system }, spec: { template: { spec: { containers: [{ name: agent, args: ["${argument}"] }] } } } }`;
    itRejects("cluster-network-policy", [
        {
            what: "the agent off",
            yaml: addOn('{"enableNetworkPolicy":"true","nodeAgent":{"enabled":"false"}}'),
        },
        { what: "the words in a comment", yaml: addOn('env: {}\n# enableNetworkPolicy: "true"\n') },
        { what: "the words elsewhere", yaml: addOn('{"env":{"enableNetworkPolicy":"true"}}') },
        { what: "an argument of the DaemonSet", yaml: agent("--enable-network-policy=false") },
        {
            what: "Cilium without enforcement",
            yaml: `${cluster}\n---\n${resource("kubernetes:helm.sh/v3:Release", { chart: "cilium", values: { policyEnforcementMode: "never" } }, "c")}`,
        },
        ...[undefined, "standard", "Strict "].map((mode) => ({
            what: `the mode ${mode ?? "unset"}, where strict is required`,
            yaml: addOn(
                JSON.stringify({
                    enableNetworkPolicy: "true",
                    ...(mode === undefined ? {} : { env: { NETWORK_POLICY_ENFORCING_MODE: mode } }),
                }),
            ),
            config: { strict: true },
        })),
    ]);
    itAccepts("cluster-network-policy", [
        { what: "JSON", yaml: addOn('{"enableNetworkPolicy":"true","nodeAgent":{"enabled":"true"}}') },
        { what: "YAML", yaml: addOn("enableNetworkPolicy: true\n") },
        {
            what: "the strict mode, where it is required",
            yaml: addOn('{"enableNetworkPolicy":"true","env":{"NETWORK_POLICY_ENFORCING_MODE":"strict"}}'),
            config: { strict: true },
        },
        { what: "an argument that turns it on", yaml: agent("--enable-network-policy=true") },
    ]);
});
