import { exceptionList, anyInForce } from "../../core/exceptions";
import { tooWide } from "../../core/networks";
import { at, fields, list, numberAt, isNonEmpty, textAt, texts } from "../../core/read";
import { type Violation, objectRule } from "../../core/rule";
import { type Subject } from "../../core/subject";

interface OpenPort {
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
    readonly open: readonly OpenPort[];
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

/** Lists of networks that rules can reference instead of CIDRs. */
const PREFIX_LISTS = [
    "aws:ec2/managedPrefixList:ManagedPrefixList",
    "aws:ec2/managedPrefixListEntry:ManagedPrefixListEntry",
    "aws-native:ec2:PrefixList",
];

/** With an SSH key and without security groups, EKS opens port 22 to the Internet. */
const NODE_GROUP = "aws:eks/nodeGroup:NodeGroup";

export const securityGroups = objectRule<Config>({
    name: "cluster-security-groups",
    area: "cluster",
    title: "No security group is open to the Internet, except those of load balancers",
    severity: "critical",
    why: "traffic that a security group allows reaches nodes and pods without passing through a gateway",
    remediation:
        "Allow the load balancer's security group instead, and list the ports of the load balancer itself.",
    appliesTo: [...GROUPS, ...RULES, ...PREFIX_LISTS, NODE_GROUP],
    defaults: { open: [], prefixLists: [] },
    schema: {
        prefixLists: exceptionList("prefix lists with reviewed networks, such as CloudFront's", {
            id: { type: "string", pattern: "^pl-" },
        }),
        open: exceptionList("ports of load balancers that are open to the Internet", {
            name: { type: "string", description: "name of the resource in the program" },
            port: { type: "integer" },
        }),
    },
    examples: {
        noncompliant: `
type: aws:ec2/securityGroup:SecurityGroup
name: nodes
properties: { ingress: [{ protocol: tcp, fromPort: 22, toPort: 22, cidrBlocks: [0.0.0.0/0] }] }
`,
        compliant: `
type: aws:ec2/securityGroup:SecurityGroup
name: nodes
properties: { ingress: [{ protocol: tcp, fromPort: 443, toPort: 443, securityGroups: [sg-1] }] }
`,
    },
    *evaluate(subject, config) {
        if (subject.id === NODE_GROUP) {
            const access = subject.props["remoteAccess"];
            if (!isNonEmpty(at(access, "ec2SshKey")) || isNonEmpty(at(access, "sourceSecurityGroupIds")))
                return;
            yield {
                subject,
                problem:
                    "remoteAccess.ec2SshKey without sourceSecurityGroupIds opens port 22 of every node to the Internet",
                fix: "remove remoteAccess, or set the security groups that may connect.",
            };
        } else if (GROUPS.includes(subject.id)) {
            for (const key of ["ingress", "securityGroupIngress"]) {
                for (const [index, rule] of list(subject.props[key]).entries())
                    yield* evaluateRule(subject, `${key}[${index}] allows`, fields(rule), config);
            }
        } else if (PREFIX_LISTS.includes(subject.id)) {
            yield* evaluatePrefixList(subject);
        } else if (textAt(subject.props, "type") !== "egress") {
            yield* evaluateRule(subject, "it allows", subject.props, config);
        }
    },
});

function* evaluateRule(
    subject: Subject,
    how: string,
    rule: Readonly<Record<string, unknown>>,
    { open, prefixLists }: Config,
): Iterable<Violation> {
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
    ].filter((id) => !anyInForce(prefixLists.filter((known) => known.id === id)));
    if (lists.length > 0) {
        yield {
            subject,
            problem: `${how} the prefix list ${lists.join(", ")}, whose networks this pack cannot read`,
            fix: "list the networks, or add the prefix list to `prefixLists` with a reason and an end date.",
        };
    }
    if (cidrs.length === 0) return;
    const [from, to] = [numberAt(rule, "fromPort"), numberAt(rule, "toPort")];
    const listed = open.filter(({ name, port }) => name === subject.name && port === from && port === to);
    if (anyInForce(listed)) return;
    const protocol = textAt(rule, "protocol") ?? textAt(rule, "ipProtocol") ?? "-1";
    yield {
        subject,
        problem: `${how} ${cidrs.join(", ")} on ${protocol === "-1" ? "every port" : from === to ? `port ${from ?? "?"}` : `ports ${from ?? "?"} to ${to ?? "?"}`}`,
        fix: "use the load balancer's security group, or the networks of your organization. Add the port of a load balancer to `open`.",
    };
}

/** The networks of a list are evaluated together, in the resource that defines the list. */
function* evaluatePrefixList(subject: Subject): Iterable<Violation> {
    const cidrs = [
        ...list(subject.props["entries"]).map((entry) => textAt(entry, "cidr")),
        textAt(subject.props, "cidr"),
    ];
    const wide = tooWide(cidrs.filter((cidr) => cidr !== undefined));
    if (wide.length === 0) return;
    yield {
        subject,
        problem: `it contains ${wide.join(", ")}, for every rule that references it`,
        fix: "use the networks of your organization.",
    };
}
