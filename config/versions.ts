/**
 * Versions that several modules use, in one place. A comment `renovate:` above a version says where renovate.json finds
 * newer ones.
 */

/**
 * The newest Istio release that the program was tested with: the default target of `mesh upgrade`. No stack follows it:
 * each lists its revisions (`istio.revisions`), so that a change here changes nothing that is deployed.
 */
// renovate: datasource=github-releases depName=istio packageName=istio/istio
export const ISTIO_VERSION = "1.31.1";

/** The minor versions of Istio whose charts and CRDs the program knows, oldest first. A stack can use no other. */
export const ISTIO_MINORS: readonly string[] = ["1.30", "1.31"];

/** Flagger's charts, which set its images' versions. The local cluster runs the Go module of the same release. */
export const FLAGGER = {
    // renovate: datasource=docker depName=flagger packageName=ghcr.io/fluxcd/charts/flagger
    chart: "1.41.0",
    // renovate: datasource=docker depName=loadtester packageName=ghcr.io/fluxcd/charts/loadtester
    loadTesterChart: "0.35.0",
} as const;

/** cert-manager: its chart's version and its images' tag. */
// renovate: datasource=helm depName=cert-manager registryUrl=https://charts.jetstack.io
export const CERT_MANAGER_VERSION = "v1.21.2";

/**
 * aws-privateca-issuer, which signs cert-manager's CertificateRequests with AWS Private CA: its chart's version and
 * its image's tag. It is the newest whose Go module the toolchain's Go can build (v1.11 needs Go 1.27).
 */
// renovate: datasource=github-releases depName=aws-privateca-issuer packageName=cert-manager/aws-privateca-issuer
export const AWS_PRIVATE_CA_ISSUER = "v1.10.1";

/** Kubernetes on EKS: in standard support until August 2027, and supported by Istio 1.31. */
// renovate: datasource=endoflife-date depName=amazon-eks versioning=loose
export const EKS_VERSION = "1.36";

/** The version of the Pod Security Standards that namespaces enforce. An older API server enforces its newest. */
export const POD_SECURITY_VERSION = `v${EKS_VERSION}`;

/** EKS' managed add-ons for `EKS_VERSION`: `aws eks describe-addon-versions --kubernetes-version 1.36`. */
export const EKS_ADDONS = {
    // renovate: datasource=aws-eks-addon depName=vpc-cni versioning=aws-eks-addon
    "vpc-cni": "v1.22.4-eksbuild.3",
    // renovate: datasource=aws-eks-addon depName=kube-proxy versioning=aws-eks-addon
    "kube-proxy": "v1.36.0-eksbuild.21",
    // renovate: datasource=aws-eks-addon depName=eks-pod-identity-agent versioning=aws-eks-addon
    "eks-pod-identity-agent": "v1.3.10-eksbuild.3",
    // renovate: datasource=aws-eks-addon depName=coredns versioning=aws-eks-addon
    coredns: "v1.14.3-eksbuild.16",
    // renovate: datasource=aws-eks-addon depName=aws-ebs-csi-driver versioning=aws-eks-addon
    "aws-ebs-csi-driver": "v1.63.1-eksbuild.1",
    // renovate: datasource=aws-eks-addon depName=metrics-server versioning=aws-eks-addon
    "metrics-server": "v0.9.0-eksbuild.11",
} as const;

/** The AWS Load Balancer Controller: the version of the chart and, after a `v`, of the image. */
// renovate: datasource=helm depName=aws-load-balancer-controller registryUrl=https://aws.github.io/eks-charts
export const LOAD_BALANCER_CONTROLLER = "3.5.0";

/** The cluster autoscaler. The image's minor version is that of Kubernetes, which the chart lags behind. */
export const AUTOSCALER = {
    // renovate: datasource=helm depName=cluster-autoscaler registryUrl=https://kubernetes.github.io/autoscaler
    chart: "9.59.0",
    // renovate: datasource=docker depName=cluster-autoscaler-image packageName=registry.k8s.io/autoscaling/cluster-autoscaler
    image: "v1.36.1",
} as const;

/** kube-prometheus-stack: the chart's version. */
// renovate: datasource=helm depName=kube-prometheus-stack registryUrl=https://prometheus-community.github.io/helm-charts
export const PROMETHEUS_STACK = "88.5.3";

/** Jaeger: the chart's version, which installs Jaeger 2.19.0. */
// renovate: datasource=helm depName=jaeger registryUrl=https://jaegertracing.github.io/helm-charts
export const JAEGER_CHART = "4.11.1";

/** The version of `PROMETHEUS_IMAGE`. */
// renovate: datasource=docker depName=prometheus packageName=quay.io/prometheus/prometheus
const PROMETHEUS_VERSION = "v3.16.0";

/**
 * Prometheus' image where the chart sets none. The local cluster builds the same version
 * (`local/toolchain/go/prometheus`).
 */
export const PROMETHEUS_IMAGE = `quay.io/prometheus/prometheus:${PROMETHEUS_VERSION}`;

/** The tag of the Redis image in which the rate limit service counts. */
// renovate: datasource=docker depName=redis packageName=docker.io/library/redis
export const REDIS_VERSION = "7.4.10-alpine";
