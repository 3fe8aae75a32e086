/**
 * Route 53 Resolver DNS Firewall: the VPC's resolver answers queries for listed names and forwards no other (ADR 33).
 */
import { ResolverFirewallConfig } from "@pulumi/aws/route53/resolverFirewallConfig";
import { ResolverFirewallDomainList } from "@pulumi/aws/route53/resolverFirewallDomainList";
import { ResolverFirewallRule } from "@pulumi/aws/route53/resolverFirewallRule";
import { ResolverFirewallRuleGroup } from "@pulumi/aws/route53/resolverFirewallRuleGroup";
import { ResolverFirewallRuleGroupAssociation } from "@pulumi/aws/route53/resolverFirewallRuleGroupAssociation";
import * as pulumi from "@pulumi/pulumi";
import type { EksConfig } from "../../../config/cluster";

export interface DnsFirewallArgs {
    readonly config: EksConfig;
    readonly vpcId: pulumi.Input<string>;
    /** Names that can be resolved: `host.example.com`, or all subdomains as `*.example.com`. */
    readonly names: readonly string[];
    readonly protect: boolean;
}

export class DnsFirewall extends pulumi.ComponentResource {
    constructor(
        name: string,
        { config, vpcId, names, protect }: DnsFirewallArgs,
        options: pulumi.ComponentResourceOptions,
    ) {
        super("sparc:cluster:DnsFirewall", name, {}, options);
        const parent = { parent: this };
        const list = (which: string, domains: readonly string[]) =>
            new ResolverFirewallDomainList(
                `${name}-${which}`,
                { name: `${config.name}-${which}`, domains: [...domains] },
                parent,
            );
        const group = new ResolverFirewallRuleGroup(`${name}-rules`, { name: config.name }, parent);
        const allow = new ResolverFirewallRule(
            `${name}-allow`,
            {
                name: "allow",
                action: "ALLOW",
                priority: 100,
                firewallRuleGroupId: group.id,
                firewallDomainListId: list("allowed", names).id,
                // A listed host can be an alias (CNAME) of any name that its owner chooses.
                firewallDomainRedirectionAction: "TRUST_REDIRECTION_DOMAIN",
            },
            parent,
        );
        const block = new ResolverFirewallRule(
            `${name}-block`,
            {
                name: "block",
                action: "BLOCK",
                blockResponse: "NXDOMAIN",
                priority: 200,
                firewallRuleGroupId: group.id,
                firewallDomainListId: list("all", ["*"]).id,
            },
            parent,
        );
        // Fail closed: if the firewall itself fails, nothing is resolved.
        new ResolverFirewallConfig(
            `${name}-closed`,
            { resourceId: vpcId, firewallFailOpen: "DISABLED" },
            parent,
        );
        new ResolverFirewallRuleGroupAssociation(
            `${name}-vpc`,
            {
                name: config.name,
                firewallRuleGroupId: group.id,
                vpcId,
                priority: 101,
                mutationProtection: protect ? "ENABLED" : "DISABLED",
            },
            { ...parent, dependsOn: [allow, block] },
        );
        this.registerOutputs();
    }
}
