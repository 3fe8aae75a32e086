/**
 * The inputs that the AWS provider fills in if a program does not set them, as `@pulumi/aws` 7.48.0 documents them. The engine
 * passes policies the filled-in inputs, but drops the resource's top-level `__defaults`, which lists them. Setting one of these
 * values explicitly changes nothing, so that it need not be listed.
 */
export const AWS_DEFAULTS: Readonly<Record<string, Readonly<Record<string, string | number | boolean>>>> = {
    "aws:cloudwatch/logGroup:LogGroup": {
        deletionProtectionEnabled: false,
        retentionInDays: 0,
        skipDestroy: false,
    },
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": { revokeRulesOnDelete: false },
    "aws:ec2/flowLog:FlowLog": { logDestinationType: "cloud-watch-logs", maxAggregationInterval: 600 },
    "aws:ec2/natGateway:NatGateway": { availabilityMode: "zonal", connectivityType: "public" },
    "aws:ec2/securityGroup:SecurityGroup": { description: "Managed by Pulumi", revokeRulesOnDelete: false },
    "aws:ec2/subnet:Subnet": {
        assignIpv6AddressOnCreation: false,
        enableDns64: false,
        enableResourceNameDnsARecordOnLaunch: false,
        enableResourceNameDnsAaaaRecordOnLaunch: false,
        ipv6Native: false,
        mapCustomerOwnedIpOnLaunch: false,
        mapPublicIpOnLaunch: false,
    },
    "aws:ec2/vpc:Vpc": {
        assignGeneratedIpv6CidrBlock: false,
        enableDnsSupport: true,
        enableNetworkAddressUsageMetrics: false,
        instanceTenancy: "default",
    },
    "aws:ec2/vpcEndpoint:VpcEndpoint": { vpcEndpointType: "Gateway" },
    "aws:eks/accessEntry:AccessEntry": { type: "STANDARD" },
    "aws:eks/cluster:Cluster": { bootstrapSelfManagedAddons: true },
    "aws:iam/role:Role": { forceDetachPolicies: false, maxSessionDuration: 3600, path: "/" },
    "aws:kms/key:Key": {
        bypassPolicyLockoutSafetyCheck: false,
        customerMasterKeySpec: "SYMMETRIC_DEFAULT",
        isEnabled: true,
        keyUsage: "ENCRYPT_DECRYPT",
        multiRegion: false,
    },
    "aws:route53/record:Record": { allowOverwrite: false },
    "aws:route53/zone:Zone": {
        comment: "Managed by Pulumi",
        enableAcceleratedRecovery: false,
        forceDestroy: false,
    },
};
