import { at, list, says, textAt, texts } from "../../core/read";
import { each, stackRule } from "../../core/rule";
import { type Subject } from "../../core/subject";
import { type World } from "../../core/world";

const NODES = [
    "aws:eks/nodeGroup:NodeGroup",
    "aws:eks/fargateProfile:FargateProfile",
    "aws:autoscaling/group:Group",
];
const ASSOCIATION = "aws:ec2/routeTableAssociation:RouteTableAssociation";
const ROUTE = "aws:ec2/route:Route";
const TABLE = "aws:ec2/routeTable:RouteTable";

export const privateNodes = stackRule<object>({
    name: "cluster-private-nodes",
    area: "cluster",
    title: "Nodes stand in private subnets and have no public address",
    severity: "high",
    why: "a node with an address on the Internet offers its kubelet, its host ports and every NodePort there",
    remedy: "Put node groups into subnets whose way out is a NAT gateway, and set no associatePublicIpAddress.",
    judges: [
        ...NODES,
        "aws:ec2/launchTemplate:LaunchTemplate",
        "aws:ec2/subnet:Subnet",
        ASSOCIATION,
        ROUTE,
        TABLE,
    ],
    defaults: {},
    schema: {},
    examples: {
        refused: `
type: aws:ec2/subnet:Subnet
name: public
properties: { cidrBlock: 10.0.0.0/24, mapPublicIpOnLaunch: true }
---
type: aws:eks/nodeGroup:NodeGroup
name: mesh
sources: { subnetIds: [public] }
properties: { subnetIds: [subnet-1], launchTemplate: { id: lt-1 } }
`,
        accepted: `
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
    *judgeStack(world) {
        yield* each(world.all("aws:ec2/launchTemplate:LaunchTemplate"), function* (subject) {
            for (const [index, card] of list(subject.props["networkInterfaces"]).entries()) {
                if (textAt(card, "associatePublicIpAddress") !== "true") continue;
                yield {
                    subject,
                    wrong: `networkInterfaces[${index}].associatePublicIpAddress is true`,
                    fix: "remove it, and reach the nodes through the VPC.",
                };
            }
        });
        yield* each(world.all(...NODES), function* (subject) {
            for (const subnet of subnetsOf(world, subject)) {
                const why = publicBecause(world, subnet);
                if (why === undefined) continue;
                yield {
                    subject,
                    wrong: `its nodes stand in ${subnet.key}, ${why}`,
                    fix: "name subnets that reach the Internet through a NAT gateway.",
                };
            }
        });
    },
});

/** The subnets of this stack that it stands in: by where its ids come from, or by the ids themselves. */
function subnetsOf(world: World, nodes: Subject): readonly Subject[] {
    const property = ["subnetIds", "vpcZoneIdentifiers"].find((key) => says(nodes.props[key])) ?? "subnetIds";
    const sources = nodes.sources[property] ?? [];
    const ids = sources.length === 0 ? texts(nodes.props[property]) : [];
    return world
        .all("aws:ec2/subnet:Subnet")
        .filter((subnet) => sources.includes(subnet.urn) || ids.includes(textAt(subnet.props, "id") ?? "?"));
}

function publicBecause(world: World, subnet: Subject): string | undefined {
    if (textAt(subnet.props, "mapPublicIpOnLaunch") === "true")
        return "which gives every machine a public address";
    const tables = world.all(ASSOCIATION).filter((association) => refers(association, "subnetId", subnet));
    const leads = tables.some(
        (association) =>
            world
                .all(ROUTE)
                .some(
                    (route) => sameSource(association, route, "routeTableId") && hasGateway(world, route),
                ) ||
            world
                .all(TABLE)
                .some((table) => refers(association, "routeTableId", table) && holdsGateway(table)),
    );
    return leads ? "whose route leads to an Internet gateway" : undefined;
}

function refers(from: Subject, property: string, to: Subject): boolean {
    return (
        (from.sources[property] ?? []).includes(to.urn) ||
        (says(at(to.props, "id")) && textAt(from.props, property) === textAt(to.props, "id"))
    );
}

function sameSource(one: Subject, other: Subject, property: string): boolean {
    const urns = one.sources[property] ?? [];
    return urns.length > 0
        ? urns.some((urn) => (other.sources[property] ?? []).includes(urn))
        : says(one.props[property]) && one.props[property] === other.props[property];
}

function hasGateway(world: World, route: Subject): boolean {
    const from = route.sources["gatewayId"] ?? [];
    if (from.some((urn) => world.subjectOf(urn)?.id === "aws:ec2/internetGateway:InternetGateway"))
        return true;
    return from.length === 0 && says(route.props["gatewayId"]);
}

/** Whether a route that is written in the table itself leads to an Internet gateway, and not to a NAT gateway. */
function holdsGateway(table: Subject): boolean {
    return list(table.props["routes"]).some((route) => says(at(route, "gatewayId")));
}
