/** Versions that several modules use, in one place. */

/**
 * The newest Istio release that the program was tested with: the default target of `mesh upgrade`. No stack follows it:
 * each lists its revisions (`istio.revisions`), so that a change here changes nothing that is deployed.
 */
export const ISTIO_VERSION = "1.31.1";

/** The minor versions of Istio whose charts and CRDs the program knows, oldest first. A stack can use no other. */
export const ISTIO_MINORS: readonly string[] = ["1.30", "1.31"];

/** Flagger's charts, which set its images' versions. The local cluster runs the Go module of the same release. */
export const FLAGGER = { chart: "1.41.0", loadTesterChart: "0.35.0" } as const;
/** cert-manager: its chart's version and its images' tag. */
export const CERT_MANAGER_VERSION = "v1.21.2";

/**
 * aws-privateca-issuer, which signs cert-manager's CertificateRequests with AWS Private CA: its chart's version and
 * its image's tag. It is the newest whose Go module the toolchain's Go can build (v1.11 needs Go 1.27).
 */
export const AWS_PRIVATE_CA_ISSUER = "v1.10.1";

/** Kubernetes on EKS: in standard support until August 2027, and supported by Istio 1.31. */
export const EKS_VERSION = "1.36";

/** EKS' managed add-ons for `EKS_VERSION`: `aws eks describe-addon-versions --kubernetes-version 1.36`. */
export const EKS_ADDONS = {
    "vpc-cni": "v1.22.4-eksbuild.3",
    "kube-proxy": "v1.36.0-eksbuild.21",
    "eks-pod-identity-agent": "v1.3.10-eksbuild.3",
    coredns: "v1.14.3-eksbuild.16",
    "aws-ebs-csi-driver": "v1.63.1-eksbuild.1",
} as const;

/** The AWS Load Balancer Controller: the chart's version. */
export const LOAD_BALANCER_CONTROLLER = "3.5.0";

/** The cluster autoscaler. The image's minor version is that of Kubernetes, which the chart lags behind. */
export const AUTOSCALER = { chart: "9.59.0", image: "v1.36.1" } as const;

/** kube-prometheus-stack: the chart's version. */
export const PROMETHEUS_STACK = "88.5.3";

/** Jaeger: the chart's version, which installs Jaeger 2.19.0. */
export const JAEGER_CHART = "4.11.1";

/**
 * Prometheus' image where the chart sets none. The local cluster builds the same version
 * (`local/toolchain/go/prometheus`).
 */
export const PROMETHEUS_IMAGE = "quay.io/prometheus/prometheus:v3.16.0";
