import { AddressSet } from "../../core/address-ranges";
import { PRIVATE_NETWORKS, tooWide } from "../../core/networks";
import { fields, list, textAt, texts } from "../../core/read";
import { each, stackRule } from "../../core/rule";
import { type Subject } from "../../core/subject";

interface Config {
    readonly publicAddresses: number;
}

const GROUP = "aws:ec2/securityGroup:SecurityGroup";
const RULES = [
    "aws:ec2/securityGroupRule:SecurityGroupRule",
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
];

export const securityGroupCidrs = stackRule<Config>({
    name: "cluster-security-group-cidrs",
    area: "cluster",
    title: "The rules of a security group together do not open it to the Internet",
    severity: "critical",
    why: "0.0.0.0/0 can be split into many smaller networks, in one rule or in many",
    remediation:
        "Use the networks of your organization. Only load balancers may be open to the Internet, and are listed in cluster-security-groups.",
    appliesTo: [GROUP, ...RULES],
    defaults: { publicAddresses: 262_144 },
    schema: {
        publicAddresses: {
            type: "integer",
            minimum: 1,
            description:
                "maximum number of Internet addresses that all rules of a security group may allow together: four /16 networks",
        },
    },
    examples: {
        noncompliant: `
type: aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule
name: a
properties: { securityGroupId: sg-1, cidrIpv4: 20.0.0.0/16 }
---
type: aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule
name: b
properties: { securityGroupId: sg-1, cidrIpv4: 21.0.0.0/16 }
---
type: aws:ec2/securityGroupRule:SecurityGroupRule
name: c
properties: { type: ingress, securityGroupId: sg-1, cidrBlocks: [22.0.0.0/16, 23.0.0.0/16, 24.0.0.0/16] }
`,
        compliant: `
type: aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule
name: office
properties: { securityGroupId: sg-1, cidrIpv4: 203.0.113.0/24 }
`,
    },
    *evaluateStack(stack, { publicAddresses }) {
        const parts = stack.collect<IngressCidrs>(
            "networks of security groups",
            stack.all(GROUP, ...RULES),
            ingressCidrsOf,
        );
        yield* each(stack.all(GROUP, ...RULES), function* (subject) {
            const groupRules = parts.filter((part) => part.subject === subject);
            const [first] = groupRules;
            if (first === undefined) return;
            const cidrs = parts.filter(({ group }) => group === first.group).flatMap((part) => part.cidrs);
            const outside = AddressSet.of("ipv4", cidrs).without(AddressSet.of("ipv4", PRIVATE_NETWORKS));
            if (outside.count <= BigInt(publicAddresses)) return;
            yield {
                subject,
                problem: `the rules of its security group allow ${outside.count} Internet addresses in total; the maximum is ${publicAddresses}`,
                fix: "use the networks of your organization, or allow the load balancer's security group.",
            };
        });
    },
});

interface IngressCidrs {
    readonly subject: Subject;
    /** The security group: its URN if it is in the stack, its ID otherwise. */
    readonly group: string;
    /** Without networks that are too wide alone, which cluster-security-groups evaluates with its exceptions. */
    readonly cidrs: readonly string[];
}

function ingressCidrsOf(subject: Subject): readonly IngressCidrs[] {
    const { id, props, sources, urn } = subject;
    const group =
        id === GROUP
            ? urn
            : ((sources["securityGroupId"] ?? [])[0] ?? textAt(props, "securityGroupId") ?? "");
    const rules =
        id === GROUP ? list(props["ingress"]).map(fields) : textAt(props, "type") === "egress" ? [] : [props];
    const cidrs = rules
        .flatMap((rule) => [...texts(rule["cidrBlocks"]), textAt(rule, "cidrIpv4") ?? ""])
        .filter((cidr) => cidr !== "" && tooWide([cidr]).length === 0);
    return cidrs.length === 0 ? [] : [{ subject, group, cidrs }];
}
