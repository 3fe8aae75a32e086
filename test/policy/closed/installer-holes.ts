/** Openings by other installers and by webhooks, rejected with both profiles. */
import { added } from "./edits";
import { add, application, BYPASS, CONTROL, helmRelease, webhook, WEBHOOKS, type Make } from "./makers";

/** Control planes by other installers, and webhooks. */
export const INSTALLER_HOLES: Readonly<Record<string, readonly [policy: string, make: Make]>> = {
    "B30 Flux": [
        "egress-registry-only",
        helmRelease("values: { meshConfig: { outboundTrafficPolicy: { mode: ALLOW_ANY } } }"),
    ],
    "B30 Flux, values from elsewhere": [
        CONTROL,
        helmRelease("values: {}, valuesFrom: [{ kind: ConfigMap, name: x }]"),
    ],
    "B31 Argo CD": ["egress-registry-only", application("{ valuesObject: { meshConfig: {} } }")],
    "B31 Argo CD, text": [CONTROL, application('{ values: "env: { XDS_AUTH: off }" }')],
    "B31 Argo CD, parameters": [
        CONTROL,
        application("{ parameters: [{ name: env.XDS_AUTH, value: 'false' }] }"),
    ],
    "B31 Argo CD, files": [CONTROL, application("{ valueFiles: [open.yaml] }")],
    "k3s HelmChart": [
        CONTROL,
        add(`
apiVersion: helm.cattle.io/v1
kind: HelmChart
metadata: { name: istiod, namespace: kube-system }
spec: { chart: istio/istiod, targetNamespace: istio-system, valuesContent: "pilot: { env: { INJECT_ENABLED: 'no' } }" }
`),
    ],
    "B32 injector patched": [
        WEBHOOKS,
        () => {
            const mutation = added(`
apiVersion: v1
kind: ConfigMap
metadata: { name: istio-sidecar-injector-1-31-1, namespace: istio-system }
data: { config: "policy: disabled" }
`);
            return {
                ...mutation,
                add: mutation.add!.map((one) => ({ ...one, type: "kubernetes:core/v1:ConfigMapPatch" })),
            };
        },
    ],
    "B33 injector written whole": [
        WEBHOOKS,
        add(`
apiVersion: v1
kind: ConfigMap
metadata: { name: istio-sidecar-injector, namespace: istio-system }
data: { config: "policy: enabled\\nneverInjectSelector: [{ matchLabels: { team: x } }]" }
`),
    ],
    "B33 values of the injector": [
        BYPASS,
        add(`
apiVersion: v1
kind: ConfigMap
metadata: { name: istio-sidecar-injector, namespace: istio-system }
data: { values: '{"global":{"proxy":{"excludeInboundPorts":"8080"}}}' }
`),
    ],
    "B36 the tag selects no namespace": [
        WEBHOOKS,
        webhook({ "webhooks.0.namespaceSelector": { matchLabels: { unknown: "here" } } }),
    ],
    "B36 the tag selects another revision": [
        WEBHOOKS,
        webhook({ "webhooks.0.namespaceSelector": { matchLabels: { "istio.io/rev": "other" } } }),
    ],
    "B37 another server": [
        WEBHOOKS,
        webhook({ "webhooks.0.clientConfig": { url: "https://inject.example.net" } }),
    ],
    "B38 failurePolicy": [WEBHOOKS, webhook({ "webhooks.0.failurePolicy": "Ignore" })],
    "B39 no webhooks": [WEBHOOKS, webhook({ webhooks: [] })],
    "B40 pods left out by a label": [
        WEBHOOKS,
        webhook({
            "webhooks.0.objectSelector": {
                matchExpressions: [{ key: "mesh", operator: "NotIn", values: ["no"] }],
            },
        }),
    ],
    "the tag is not called for pods": [WEBHOOKS, webhook({ "webhooks.0.rules.0.operations": ["DELETE"] })],
    "conditions of the tag": [
        WEBHOOKS,
        webhook({ "webhooks.0.matchConditions": [{ name: "x", expression: "false" }] }),
    ],
};
