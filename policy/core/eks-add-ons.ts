/** Managed add-ons of EKS (EKS user guide, "AWS add-ons" and "Community add-ons"). Any other is of the AWS Marketplace. */

/** Add-ons that carry the cluster's traffic, names or credentials: another version or a reset changes what pods can reach. */
export const NETWORK_ADD_ONS: ReadonlySet<string> = new Set([
    "coredns",
    "eks-pod-identity-agent",
    "kube-proxy",
    "vpc-cni",
]);

/** Add-ons that neither proxy traffic nor issue certificates, unless they have a role or settings. */
export const HARMLESS_ADD_ONS: ReadonlySet<string> = new Set([
    "adot",
    "amazon-cloudwatch-observability",
    "aws-ebs-csi-driver",
    "aws-efs-csi-driver",
    "aws-fsx-csi-driver",
    "aws-guardduty-agent",
    "aws-mountpoint-s3-csi-driver",
    "eks-node-monitoring-agent",
    "fluent-bit",
    "kube-state-metrics",
    "metrics-server",
    "prometheus-node-exporter",
    "snapshot-controller",
]);
