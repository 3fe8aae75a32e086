import { EXCEPTION_FIELDS, holds } from "../../core/exceptions";
import { tooWide } from "../../core/networks";
import { at, fields, list, numberAt, says, textAt, texts } from "../../core/read";
import { type Finding, objectRule } from "../../core/rule";
import { type Subject } from "../../core/subject";

interface Open {
    readonly name: string;
    readonly port: number;
    readonly reason: string;
    readonly until: string;
}

interface PrefixList {
    readonly id: string;
    readonly reason: string;
    readonly until: string;
}

interface Config {
    readonly open: readonly Open[];
    readonly prefixLists: readonly PrefixList[];
}

const GROUPS = [
    "aws:ec2/securityGroup:SecurityGroup",
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup",
    "aws-native:ec2:SecurityGroup",
];
const RULES = [
    "aws:ec2/securityGroupRule:SecurityGroupRule",
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
    "aws-native:ec2:SecurityGroupIngress",
];

/** A list of networks that rules name instead of CIDRs. */
const PREFIX_LISTS = [
    "aws:ec2/managedPrefixList:ManagedPrefixList",
    "aws:ec2/managedPrefixListEntry:ManagedPrefixListEntry",
    "aws-native:ec2:PrefixList",
];

/** With a key for SSH and no groups named, EKS opens port 22 to the Internet. */
const NODE_GROUP = "aws:eks/nodeGroup:NodeGroup";

export const securityGroups = objectRule<Config>({
    name: "cluster-security-groups",
    area: "cluster",
    title: "No security group lets the Internet in, but the load balancers'",
    severity: "critical",
    why: "what a security group lets in reaches nodes and pods without passing a gateway",
    remedy: "Let the load balancer's security group in instead, and list the ports that it opens itself.",
    judges: [...GROUPS, ...RULES, ...PREFIX_LISTS, NODE_GROUP],
    defaults: { open: [], prefixLists: [] },
    schema: {
        prefixLists: {
            type: "array",
            description: "prefix lists whose networks somebody has read, such as CloudFront's",
            items: {
                type: "object",
                additionalProperties: false,
                required: ["id", "reason", "until"],
                properties: { id: { type: "string", pattern: "^pl-" }, ...EXCEPTION_FIELDS },
            },
        },
        open: {
            type: "array",
            description: "ports that the Internet reaches: the load balancers'",
            items: {
                type: "object",
                additionalProperties: false,
                required: ["name", "port", "reason", "until"],
                properties: {
                    name: { type: "string", description: "of the resource in the program" },
                    port: { type: "integer" },
                    ...EXCEPTION_FIELDS,
                },
            },
        },
    },
    examples: {
        refused: `
type: aws:ec2/securityGroup:SecurityGroup
name: nodes
properties: { ingress: [{ protocol: tcp, fromPort: 22, toPort: 22, cidrBlocks: [0.0.0.0/0] }] }
`,
        accepted: `
type: aws:ec2/securityGroup:SecurityGroup
name: nodes
properties: { ingress: [{ protocol: tcp, fromPort: 443, toPort: 443, securityGroups: [sg-1] }] }
`,
    },
    *judge(subject, config) {
        if (subject.id === NODE_GROUP) {
            const access = subject.props["remoteAccess"];
            if (!says(at(access, "ec2SshKey")) || says(at(access, "sourceSecurityGroupIds"))) return;
            yield {
                subject,
                wrong: "remoteAccess.ec2SshKey without sourceSecurityGroupIds lets the Internet in at port 22 of every node",
                fix: "remove remoteAccess, or name the security groups that may connect.",
            };
        } else if (GROUPS.includes(subject.id)) {
            for (const key of ["ingress", "securityGroupIngress"]) {
                for (const [index, rule] of list(subject.props[key]).entries())
                    yield* judgeRule(subject, `${key}[${index}] lets`, fields(rule), config);
            }
        } else if (PREFIX_LISTS.includes(subject.id)) {
            yield* judgePrefixList(subject);
        } else if (textAt(subject.props, "type") !== "egress") {
            yield* judgeRule(subject, "it lets", subject.props, config);
        }
    },
});

function* judgeRule(
    subject: Subject,
    how: string,
    rule: Readonly<Record<string, unknown>>,
    { open, prefixLists }: Config,
): Iterable<Finding> {
    const cidrs = tooWide([
        ...["cidrBlocks", "ipv6CidrBlocks"].flatMap((key) => texts(rule[key])),
        ...["cidrIpv4", "cidrIpv6", "cidrIp"]
            .map((key) => textAt(rule, key))
            .filter((cidr) => cidr !== undefined),
    ]);
    const lists = [
        ...texts(rule["prefixListIds"]),
        ...["prefixListId", "sourcePrefixListId"]
            .map((key) => textAt(rule, key))
            .filter((id) => id !== undefined),
    ].filter((id) => !holds(prefixLists.filter((known) => known.id === id)));
    if (lists.length > 0) {
        yield {
            subject,
            wrong: `${how} the prefix list ${lists.join(", ")} in, whose networks this pack does not see`,
            fix: "name the networks, or list the prefix list under `prefixLists` with a reason and an end date.",
        };
    }
    if (cidrs.length === 0) return;
    const [from, to] = [numberAt(rule, "fromPort"), numberAt(rule, "toPort")];
    const listed = open.filter(({ name, port }) => name === subject.name && port === from && port === to);
    if (holds(listed)) return;
    const protocol = textAt(rule, "protocol") ?? textAt(rule, "ipProtocol") ?? "-1";
    yield {
        subject,
        wrong: `${how} ${cidrs.join(", ")} in at ${protocol === "-1" ? "every port" : from === to ? `port ${from ?? "?"}` : `ports ${from ?? "?"} to ${to ?? "?"}`}`,
        fix: "name the load balancer's security group, or your own networks; list a load balancer's own port under `open`.",
    };
}

/** The networks of a list are judged together, and where the list is made. */
function* judgePrefixList(subject: Subject): Iterable<Finding> {
    const cidrs = [
        ...list(subject.props["entries"]).map((entry) => textAt(entry, "cidr")),
        textAt(subject.props, "cidr"),
    ];
    const wide = tooWide(cidrs.filter((cidr) => cidr !== undefined));
    if (wide.length === 0) return;
    yield {
        subject,
        wrong: `it holds ${wide.join(", ")}, for every rule that names it`,
        fix: "list your own networks.",
    };
}
