import { at, list, isNonEmpty, textAt, texts } from "../../core/read";
import { each, stackRule } from "../../core/rule";
import { type Subject } from "../../core/subject";
import { type StackResources } from "../../core/stack-resources";

const NODES = [
    "aws:eks/nodeGroup:NodeGroup",
    "aws:eks/fargateProfile:FargateProfile",
    "aws:autoscaling/group:Group",
];
const NODE_CLASS = "karpenter.k8s.aws/EC2NodeClass";
const ASSOCIATION = "aws:ec2/routeTableAssociation:RouteTableAssociation";
const ROUTE = "aws:ec2/route:Route";
const TABLE = "aws:ec2/routeTable:RouteTable";

export const privateNodes = stackRule<object>({
    name: "cluster-private-nodes",
    area: "cluster",
    title: "Nodes are in private subnets and have no public address",
    severity: "high",
    why: "a node with a public address exposes its kubelet, its host ports and every NodePort to the Internet",
    remediation: "Use subnets with a NAT gateway for node groups, and do not set associatePublicIpAddress.",
    appliesTo: [
        ...NODES,
        NODE_CLASS,
        "aws:ec2/launchTemplate:LaunchTemplate",
        "aws:ec2/subnet:Subnet",
        ASSOCIATION,
        ROUTE,
        TABLE,
    ],
    defaults: {},
    schema: {},
    examples: {
        noncompliant: `
type: aws:ec2/subnet:Subnet
name: public
properties: { cidrBlock: 10.0.0.0/24, mapPublicIpOnLaunch: true }
---
type: aws:eks/nodeGroup:NodeGroup
name: mesh
sources: { subnetIds: [public] }
properties: { subnetIds: [subnet-1], launchTemplate: { id: lt-1 } }
`,
        compliant: `
type: aws:ec2/subnet:Subnet
name: private
properties: { cidrBlock: 10.0.0.0/24 }
---
type: aws:eks/nodeGroup:NodeGroup
name: mesh
sources: { subnetIds: [private] }
properties: { subnetIds: [subnet-1], launchTemplate: { id: lt-1 } }
`,
    },
    *evaluateStack(stack) {
        yield* each(stack.all("aws:ec2/launchTemplate:LaunchTemplate"), function* (subject) {
            for (const [index, card] of list(subject.props["networkInterfaces"]).entries()) {
                if (textAt(card, "associatePublicIpAddress") !== "true") continue;
                yield {
                    subject,
                    problem: `networkInterfaces[${index}].associatePublicIpAddress is true`,
                    fix: "remove it, and access the nodes through the VPC.",
                };
            }
        });
        yield* each(stack.all(NODE_CLASS), function* (subject) {
            if (textAt(subject.spec, "associatePublicIPAddress") !== "true") return;
            yield {
                subject,
                problem: "spec.associatePublicIPAddress is true",
                fix: "remove it, and access the nodes through the VPC.",
            };
        });
        yield* each(stack.all(...NODES), function* (subject) {
            for (const subnet of subnetsOf(stack, subject)) {
                const why = publicReason(stack, subnet);
                if (why === undefined) continue;
                yield {
                    subject,
                    problem: `its nodes are in ${subnet.key}, ${why}`,
                    fix: "use subnets that reach the Internet through a NAT gateway.",
                };
            }
        });
    },
});

/** The node group's subnets in this stack: by the source of their IDs, or by the IDs themselves. */
function subnetsOf(stack: StackResources, nodes: Subject): readonly Subject[] {
    const property =
        ["subnetIds", "vpcZoneIdentifiers"].find((key) => isNonEmpty(nodes.props[key])) ?? "subnetIds";
    const sources = nodes.sources[property] ?? [];
    const ids = sources.length === 0 ? texts(nodes.props[property]) : [];
    return stack
        .all("aws:ec2/subnet:Subnet")
        .filter((subnet) => sources.includes(subnet.urn) || ids.includes(textAt(subnet.props, "id") ?? "?"));
}

function publicReason(stack: StackResources, subnet: Subject): string | undefined {
    if (textAt(subnet.props, "mapPublicIpOnLaunch") === "true")
        return "which assigns a public address to every instance";
    const tables = stack.all(ASSOCIATION).filter((association) => refersTo(association, "subnetId", subnet));
    const isPublicRoute = tables.some(
        (association) =>
            stack
                .all(ROUTE)
                .some(
                    (route) => sameSource(association, route, "routeTableId") && hasGateway(stack, route),
                ) ||
            stack
                .all(TABLE)
                .some((table) => refersTo(association, "routeTableId", table) && holdsGateway(table)),
    );
    return isPublicRoute ? "which has a route to an Internet gateway" : undefined;
}

function refersTo(from: Subject, property: string, to: Subject): boolean {
    return (
        (from.sources[property] ?? []).includes(to.urn) ||
        (isNonEmpty(at(to.props, "id")) && textAt(from.props, property) === textAt(to.props, "id"))
    );
}

function sameSource(one: Subject, other: Subject, property: string): boolean {
    const urns = one.sources[property] ?? [];
    return urns.length > 0
        ? urns.some((urn) => (other.sources[property] ?? []).includes(urn))
        : isNonEmpty(one.props[property]) && one.props[property] === other.props[property];
}

function hasGateway(stack: StackResources, route: Subject): boolean {
    const from = route.sources["gatewayId"] ?? [];
    if (from.some((urn) => stack.subjectOf(urn)?.id === "aws:ec2/internetGateway:InternetGateway"))
        return true;
    return from.length === 0 && isNonEmpty(route.props["gatewayId"]);
}

/** Whether an inline route of the table goes to an Internet gateway, and not to a NAT gateway. */
function holdsGateway(table: Subject): boolean {
    return list(table.props["routes"]).some((route) => isNonEmpty(at(route, "gatewayId")));
}
