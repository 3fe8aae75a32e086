import { Addresses } from "../../core/address-ranges";
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

export const securityGroupParts = stackRule<Config>({
    name: "cluster-security-group-parts",
    area: "cluster",
    title: "The rules of one security group do not let the Internet in together",
    severity: "critical",
    why: "0.0.0.0/0 written as many smaller networks, in one rule or in many, is still everybody",
    remedy: "Name your own networks. What must be open to the Internet is a load balancer, and listed in cluster-security-groups.",
    judges: [GROUP, ...RULES],
    defaults: { publicAddresses: 262_144 },
    schema: {
        publicAddresses: {
            type: "integer",
            minimum: 1,
            description:
                "the most addresses of the Internet that all rules of one group may let in: four networks /16",
        },
    },
    examples: {
        refused: `
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
        accepted: `
type: aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule
name: office
properties: { securityGroupId: sg-1, cidrIpv4: 203.0.113.0/24 }
`,
    },
    *judgeStack(world, { publicAddresses }) {
        const parts = world.ask<Part>("networks of security groups", world.all(GROUP, ...RULES), partsOf);
        yield* each(world.all(GROUP, ...RULES), function* (subject) {
            const own = parts.filter((part) => part.subject === subject);
            const [first] = own;
            if (first === undefined) return;
            const cidrs = parts.filter(({ group }) => group === first.group).flatMap((part) => part.cidrs);
            const outside = Addresses.of("ipv4", cidrs).without(Addresses.of("ipv4", PRIVATE_NETWORKS));
            if (outside.count <= BigInt(publicAddresses)) return;
            yield {
                subject,
                wrong: `the rules of its security group let ${outside.count} addresses of the Internet in together, and ${publicAddresses} is the most`,
                fix: "name your own networks, or let the load balancer's security group in.",
            };
        });
    },
});

interface Part {
    readonly subject: Subject;
    /** Of the security group: its URN where the stack makes it, its id elsewhere. */
    readonly group: string;
    /** A network that is too wide alone is judged by cluster-security-groups, which lists what may be. */
    readonly cidrs: readonly string[];
}

function partsOf(subject: Subject): readonly Part[] {
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
