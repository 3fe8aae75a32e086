/** Privileges of containers, the node's files, credentials, namespaces outside the mesh (C21–C28, B41, E30, E31). */
import { itAccepts, deployment, itRejects } from "./assertions";

describe("privileges of containers", () => {
    const with_ = (context: string): string =>
        deployment(`containers: [{ name: app, securityContext: ${context} }]`);
    itRejects("injection-no-net-admin", [
        ...[
            "NET_ADMIN",
            "CAP_SETUID",
            "SETGID",
            "SYS_CHROOT",
            "DAC_OVERRIDE",
            "CHECKPOINT_RESTORE",
            "PERFMON",
            "net_raw",
        ].map((power) => ({ what: power, yaml: with_(`{ capabilities: { add: [${power}] } }`) })),
        { what: "an unmasked /proc", yaml: with_("{ procMount: Unmasked }") },
        {
            what: "Windows' host process",
            yaml: deployment("securityContext: { windowsOptions: { hostProcess: true } }, containers: []"),
        },
        {
            what: "a sysctl that enables routing",
            yaml: deployment(
                "securityContext: { sysctls: [{ name: net.ipv4.conf.all.route_localnet, value: '1' }] }, containers: []",
            ),
        },
        {
            what: "privileged in istio-system",
            yaml: deployment(
                "containers: [{ name: a, securityContext: { privileged: true } }]",
                "",
                "istio-system",
            ),
        },
        {
            what: "an ephemeral container",
            yaml: deployment(
                "ephemeralContainers: [{ name: a, securityContext: { privileged: true } }], containers: []",
            ),
        },
    ]);
    itAccepts("injection-no-net-admin", [
        { what: "a low port", yaml: with_("{ capabilities: { drop: [ALL], add: [NET_BIND_SERVICE] } }") },
        {
            what: "a low port by sysctl",
            yaml: deployment(
                "securityContext: { sysctls: [{ name: net.ipv4.ip_unprivileged_port_start, value: '80' }] }, containers: []",
            ),
        },
    ]);
    itRejects("injection-no-opt-out", [
        {
            what: "the node's network in istio-system",
            yaml: deployment("hostNetwork: true, containers: []", "", "istio-system"),
        },
    ]);
    itAccepts("injection-no-opt-out", [
        {
            what: "no sidecar in istio-system, where nothing is injected",
            yaml: deployment(
                "containers: []",
                'labels: { sidecar.istio.io/inject: "false" }',
                "istio-system",
            ),
        },
    ]);
});

describe("the node's files", () => {
    const volume = (source: string): string =>
        `{ apiVersion: v1, kind: PersistentVolume, metadata: { name: v }, spec: { capacity: { storage: 1Gi }, ${source} } }`;
    itRejects("workloads-non-root", [
        { what: "a PersistentVolume of a hostPath", yaml: volume("hostPath: { path: /data }") },
        { what: "a local PersistentVolume of the root", yaml: volume("local: { path: / }") },
        {
            what: "a local PersistentVolume of the kubelet's",
            yaml: volume("local: { path: /var/lib/kubelet/pods }"),
        },
        {
            what: "a local PersistentVolume with a relative path",
            yaml: volume("local: { path: /mnt/../etc }"),
        },
    ]);
    itAccepts("workloads-non-root", [
        { what: "a disk", yaml: volume("local: { path: /mnt/disks/ssd1 }") },
        { what: "a CSI volume", yaml: volume("csi: { driver: ebs.csi.aws.com, volumeHandle: vol-1 }") },
    ]);
});

describe("credentials", () => {
    const secret = (metadata: string, more = ""): string =>
        `{ apiVersion: v1, kind: Secret, metadata: { namespace: shop, ${metadata} }${more} }`;
    const volumes = (list: string, namespace = "shop"): string =>
        deployment(`containers: [{ name: a }], volumes: [${list}]`, "", namespace);
    itRejects("workloads-credentials", [
        {
            what: "a token by its annotation",
            yaml: secret("name: t, annotations: { kubernetes.io/service-account.name: carts }"),
        },
        {
            what: "a token by its type",
            yaml: secret("name: t", ", type: kubernetes.io/service-account-token"),
        },
        { what: "the mesh's CA", yaml: secret("name: cacerts") },
        { what: "istiod's CA", yaml: secret("name: istio-ca-secret") },
        { what: "another cluster", yaml: secret('name: r, labels: { istio/multiCluster: "true" }') },
        {
            what: "a token for istiod",
            yaml: volumes(
                "{ name: t, projected: { sources: [{ configMap: { name: x } }, { serviceAccountToken: { audience: istio-ca, path: t } }] } }",
            ),
        },
        {
            what: "the CA's key",
            yaml: volumes("{ name: t, secret: { secretName: mesh-intermediate } }", "istio-system"),
        },
        {
            what: "the CA's key, projected",
            yaml: volumes(
                "{ name: t, projected: { sources: [{ secret: { name: mesh-root } }] } }",
                "istio-system",
            ),
        },
        {
            what: "the CA's key as a variable",
            yaml: deployment(
                "containers: [{ name: a, env: [{ name: K, valueFrom: { secretKeyRef: { name: mesh-root, key: tls.key } } }] }]",
                "",
                "istio-system",
            ),
        },
        {
            what: "the CA's key as variables",
            yaml: deployment(
                "initContainers: [{ name: a, envFrom: [{ secretRef: { name: mesh-root } }] }], containers: []",
                "",
                "cert-manager",
            ),
        },
    ]);
    itAccepts("workloads-credentials", [
        { what: "a Secret of the workload", yaml: secret("name: database", ", type: Opaque") },
        {
            what: "a token for another audience",
            yaml: volumes(
                "{ name: t, projected: { sources: [{ serviceAccountToken: { audience: vault, path: t } }] } }",
            ),
        },
        {
            what: "a Secret in the workload's namespace",
            yaml: volumes("{ name: t, secret: { secretName: database } }"),
        },
    ]);
});

describe("namespaces outside the mesh", () => {
    const shop =
        "{ apiVersion: v1, kind: Namespace, metadata: { name: shop, labels: { istio-injection: enabled } } }";
    const at = (namespace: string): string => deployment("containers: []", "", namespace);
    itRejects("injection-no-default-namespace", [
        { what: "a workload in default", yaml: `${shop}\n---\n${at("default")}` },
        {
            what: "a CloneSet in default",
            yaml: `${shop}
---
apiVersion: apps.kruise.io/v1alpha1
kind: CloneSet
metadata: { name: x, namespace: default }
spec: { template: { spec: { containers: [{ name: a, image: "a:1" }] } } }
`,
        },
    ]);
    itAccepts("injection-no-default-namespace", [
        {
            what: "default in the mesh",
            yaml: `${shop.replace("name: shop", "name: default")}\n---\n${at("default")}`,
        },
        { what: "a stack without a mesh", yaml: at("default") },
    ]);
    itRejects("injection-namespaces", [
        {
            what: "default without a sidecar",
            yaml: "{ apiVersion: v1, kind: Namespace, metadata: { name: default } }",
        },
    ]);
    itRejects("network-deny-all", [
        {
            what: "a namespace with a kube- prefix",
            yaml: "{ apiVersion: v1, kind: Namespace, metadata: { name: kube-apps } }",
        },
    ]);
    itAccepts("network-deny-all", [
        {
            what: "a namespace of Kubernetes",
            yaml: "{ apiVersion: v1, kind: Namespace, metadata: { name: kube-system } }",
        },
    ]);
});
