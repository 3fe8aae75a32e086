import type { KeyPair } from "../authority";
import type { KubeObject } from "../../lib/kube-object";
import { addonDeployment } from "./deployment";

/** The name of metrics-server's APIService. */
export const metricsApi = "v1beta1.metrics.k8s.io";

const name = "metrics-server";
const namespace = "kube-system";
const labels = { "k8s-app": name };
const port = 10251;

/** Inputs of metrics-server's objects. */
export interface MetricsOptions {
    readonly image: string;
    /** Its serving certificate, and the certificate (PEM) of that certificate's CA, for the API server. */
    readonly serving: KeyPair;
    readonly servingAuthority: string;
    /** The certificate (PEM) of the CA of the kubelet's serving certificate. */
    readonly kubeletAuthority: string;
    /** A digest of the three above: a change replaces the pod. */
    readonly digest: string;
}

/** metrics-server, behind `kubectl top` and the autoscaler, with both of its connections verified. */
export function metrics(options: MetricsOptions): KubeObject[] {
    return [
        { apiVersion: "v1", kind: "ServiceAccount", metadata: { name, namespace } },
        ...access(),
        {
            apiVersion: "v1",
            kind: "ConfigMap",
            metadata: { name: "kubelet-authority", namespace },
            data: { "ca.crt": options.kubeletAuthority },
        },
        {
            apiVersion: "v1",
            kind: "Secret",
            metadata: { name: "metrics-server-tls", namespace },
            type: "kubernetes.io/tls",
            data: { "tls.crt": base64(options.serving.certificate), "tls.key": base64(options.serving.key) },
        },
        {
            apiVersion: "v1",
            kind: "Service",
            metadata: { name, namespace, labels },
            spec: {
                selector: labels,
                ports: [{ name: "https", port: 443, targetPort: "https" }],
                // It becomes ready after its second scrape of the kubelet, 20 s after its start. Until then the API
                // would be unavailable, which breaks API discovery for every client.
                publishNotReadyAddresses: true,
            },
        },
        deployment(options),
        {
            apiVersion: "apiregistration.k8s.io/v1",
            kind: "APIService",
            metadata: { name: metricsApi },
            spec: {
                group: "metrics.k8s.io",
                version: "v1beta1",
                groupPriorityMinimum: 100,
                versionPriority: 100,
                caBundle: base64(options.servingAuthority),
                service: { name, namespace, port: 443 },
            },
        },
    ];
}

function access(): KubeObject[] {
    const rbac = "rbac.authorization.k8s.io";
    const subjects = [{ kind: "ServiceAccount", name, namespace }];
    return [
        {
            apiVersion: `${rbac}/v1`,
            kind: "ClusterRole",
            metadata: { name: "system:metrics-server" },
            rules: [
                { apiGroups: [""], resources: ["nodes/metrics"], verbs: ["get"] },
                { apiGroups: [""], resources: ["pods", "nodes"], verbs: ["get", "list", "watch"] },
            ],
        },
        {
            apiVersion: `${rbac}/v1`,
            kind: "ClusterRole",
            metadata: {
                name: "system:aggregated-metrics-reader",
                labels: {
                    "rbac.authorization.k8s.io/aggregate-to-view": "true",
                    "rbac.authorization.k8s.io/aggregate-to-edit": "true",
                    "rbac.authorization.k8s.io/aggregate-to-admin": "true",
                },
            },
            rules: [
                {
                    apiGroups: ["metrics.k8s.io"],
                    resources: ["pods", "nodes"],
                    verbs: ["get", "list", "watch"],
                },
            ],
        },
        ...["system:metrics-server", "system:auth-delegator"].map((role) => ({
            apiVersion: `${rbac}/v1`,
            kind: "ClusterRoleBinding",
            metadata: { name: `metrics-server:${role}` },
            roleRef: { apiGroup: rbac, kind: "ClusterRole", name: role },
            subjects,
        })),
        {
            apiVersion: `${rbac}/v1`,
            kind: "RoleBinding",
            metadata: { name: "metrics-server-auth-reader", namespace },
            roleRef: { apiGroup: rbac, kind: "Role", name: "extension-apiserver-authentication-reader" },
            subjects,
        },
    ];
}

function deployment({ image, digest }: MetricsOptions): KubeObject {
    const probe = (path: string): object => ({
        httpGet: { path, port: "https", scheme: "HTTPS" },
        periodSeconds: 5,
    });
    return addonDeployment({
        name,
        namespace,
        labels,
        annotations: { "sparc.dev/certificates": digest },
        container: {
            image,
            args: [
                `--secure-port=${port}`,
                "--cert-dir=/tmp",
                "--tls-cert-file=/tls/tls.crt",
                "--tls-private-key-file=/tls/tls.key",
                "--kubelet-certificate-authority=/kubelet/ca.crt",
                "--kubelet-preferred-address-types=InternalIP",
                "--kubelet-use-node-status-port",
                "--metric-resolution=15s",
            ],
            ports: [{ name: "https", containerPort: port }],
            livenessProbe: probe("/livez"),
            readinessProbe: probe("/readyz"),
            resources: { requests: { cpu: "20m", memory: "48Mi" }, limits: { memory: "256Mi" } },
            volumeMounts: [
                { name: "tls", mountPath: "/tls", readOnly: true },
                { name: "kubelet", mountPath: "/kubelet", readOnly: true },
            ],
        },
        pod: {
            securityContext: { fsGroup: 65532 },
            volumes: [
                { name: "tls", secret: { secretName: "metrics-server-tls", defaultMode: 0o440 } },
                { name: "kubelet", configMap: { name: "kubelet-authority" } },
            ],
        },
    });
}

function base64(text: string): string {
    return Buffer.from(text).toString("base64");
}
