/** Pods with parts of the proxy, the proxy's user, or annotations that change traffic interception (C04–C36). */
import { itAccepts, deployment, itRejects } from "./assertions";

const APP = '{ name: app, image: "app:1" }';
const annotated = (name: string, value: string): string =>
    deployment(`containers: [${APP}]`, `annotations: { ${name}: ${JSON.stringify(value)} }`);

describe("containers named like the injector's", () => {
    const withContainer = (container: string): string => deployment(`containers: [${APP}, ${container}]`);
    itRejects("injection-proxy-container", [
        { what: "a command", yaml: withContainer("{ name: istio-proxy, image: auto, command: [sh] }") },
        { what: "arguments", yaml: withContainer("{ name: istio-proxy, image: auto, args: [x] }") },
        {
            what: "a lifecycle hook",
            yaml: withContainer(
                "{ name: istio-proxy, image: auto, lifecycle: { postStart: { exec: { command: [sh] } } } }",
            ),
        },
        {
            what: "a variable of the bootstrap",
            yaml: withContainer(
                "{ name: istio-proxy, image: auto, env: [{ name: ISTIO_META_ROUTER_MODE, value: sni-dnat }] }",
            ),
        },
        {
            what: "variables of a ConfigMap",
            yaml: withContainer(
                "{ name: istio-proxy, image: auto, envFrom: [{ configMapRef: { name: x } }] }",
            ),
        },
        {
            what: "a volume over its configuration",
            yaml: withContainer(
                "{ name: istio-proxy, image: auto, volumeMounts: [{ name: x, mountPath: /etc/istio/proxy }] }",
            ),
        },
        {
            what: "a probe that runs a command",
            yaml: withContainer(
                "{ name: istio-proxy, image: auto, livenessProbe: { exec: { command: [sh] } } }",
            ),
        },
        { what: "another image", yaml: withContainer('{ name: istio-proxy, image: "example.com/proxy:1" }') },
        {
            what: "root",
            yaml: withContainer("{ name: istio-proxy, image: auto, securityContext: { runAsUser: 0 } }"),
        },
        {
            what: "a capability",
            yaml: withContainer(
                "{ name: istio-proxy, image: auto, securityContext: { capabilities: { add: [NET_ADMIN] } } }",
            ),
        },
        {
            what: "a native sidecar of that name",
            yaml: deployment(
                `initContainers: [{ name: istio-proxy, image: auto, restartPolicy: Always, command: [sh] }], containers: [${APP}]`,
            ),
        },
        {
            what: "istio-init",
            yaml: deployment(`initContainers: [{ name: istio-init, image: "true:1" }], containers: [${APP}]`),
        },
        {
            what: "istio-init with image auto",
            yaml: deployment(`initContainers: [{ name: istio-init, image: auto }], containers: [${APP}]`),
        },
        {
            what: "istio-validation",
            yaml: deployment(
                `initContainers: [{ name: istio-validation, image: "true:1" }], containers: [${APP}]`,
            ),
        },
        {
            what: "istio-init next to the application",
            yaml: withContainer('{ name: istio-init, image: "app:1" }'),
        },
    ]);
    itAccepts("injection-proxy-container", [
        {
            what: "a gateway's proxy as Istio's chart has it",
            yaml: deployment(
                "containers: [{ name: istio-proxy, image: auto, ports: [{ containerPort: 8443 }], resources: { limits: { memory: 1Gi } }, securityContext: { runAsUser: 1337, runAsGroup: 1337, privileged: false, allowPrivilegeEscalation: false, capabilities: { drop: [ALL] } } }]",
                "annotations: { inject.istio.io/templates: gateway }",
            ),
        },
        {
            what: "the proxy's drain time",
            yaml: withContainer(
                '{ name: istio-proxy, image: auto, env: [{ name: TERMINATION_DRAIN_DURATION_SECONDS, value: "30" }] }',
            ),
        },
        {
            what: "a container named otherwise",
            yaml: withContainer('{ name: istio-init-data, image: "app:1", command: [sh] }'),
        },
    ]);
});

describe("the proxy's user and group", () => {
    const places = [
        "securityContext: { %: 1337 }, containers: [{ name: app }]",
        "containers: [{ name: app, securityContext: { %: 1337 } }]",
        "initContainers: [{ name: init, securityContext: { %: 1337 } }], containers: [{ name: app }]",
        "ephemeralContainers: [{ name: debug, securityContext: { %: 1337 } }], containers: [{ name: app }]",
        'containers: [{ name: istio-init, securityContext: { %: "1337" } }]',
    ];
    itRejects(
        "injection-no-bypass",
        ["runAsUser", "runAsGroup"].flatMap((field) =>
            places.map((place) => ({
                what: place.replace("%", field),
                yaml: deployment(place.replace("%", field)),
            })),
        ),
    );
    itRejects("injection-no-bypass", [
        {
            what: "fsGroup",
            yaml: deployment("securityContext: { fsGroup: 1337 }, containers: [{ name: app }]"),
        },
        {
            what: "supplementalGroups",
            yaml: deployment(
                "securityContext: { supplementalGroups: [1, 1337] }, containers: [{ name: app }]",
            ),
        },
    ]);
    itAccepts("injection-no-bypass", [
        {
            what: "another user",
            yaml: deployment(
                "securityContext: { runAsUser: 13370, fsGroup: 2000 }, containers: [{ name: app }]",
            ),
        },
    ]);
});

describe("labels and annotations that change the sidecar", () => {
    const names: Readonly<Record<string, string>> = {
        "traffic.sidecar.istio.io/excludeInterfaces": "eth1",
        "traffic.sidecar.istio.io/includeOutboundPorts": "",
        "traffic.sidecar.istio.io/kubevirtInterfaces": "eth0",
        "istio.io/reroute-virtual-interfaces": "eth0",
        "sidecar.istio.io/userVolume": "[]",
        "sidecar.istio.io/userVolumeMount": '[{"mountPath":"/etc/istio/proxy"}]',
        "sidecar.istio.io/discoveryAddress": "istiod.example.net:15012",
        "sidecar.istio.io/controlPlaneAuthPolicy": "NONE",
        "sidecar.istio.io/bootstrapOverride": "mine",
        "sidecar.istio.io/status": "{}",
        "sidecar.istio.io/enableCoreDump": "true",
        "sidecar.istio.io/nativeSidecar": "false",
        "status.sidecar.istio.io/port": "0",
        "proxy.istio.io/overrides": "{}",
        "ambient.istio.io/redirection": "disabled",
        "k8s.v1.cni.cncf.io/networks": "default/host-net",
        "v1.multus-cni.io/default-network": "host-net",
        "k8s.ovn.org/primary-user-defined-network-ipamclaim": "x",
        "ovn.kubernetes.io/logical_switch": "outside",
    };
    itRejects(
        "injection-no-bypass",
        Object.entries(names).map(([name, value]) => ({
            what: `${name}: ${value}`,
            yaml: annotated(name, value),
        })),
    );
    itRejects("injection-no-bypass", [
        {
            what: "a label that makes clients send plaintext",
            yaml: deployment(`containers: [${APP}]`, "labels: { security.istio.io/tlsMode: disabled }"),
        },
        { what: "an annotation with invalid YAML", yaml: annotated("proxy.istio.io/config", "{ a: [") },
        {
            what: "names of the mesh by hostAliases",
            yaml: deployment(
                "hostAliases: [{ ip: 203.0.113.7, hostnames: [auth.sparc.svc.cluster.local] }], containers: []",
            ),
        },
        {
            what: "a short name by hostAliases",
            yaml: deployment(
                "hostAliases: [{ ip: 203.0.113.7, hostnames: [localhost, auth] }], containers: []",
            ),
        },
    ]);
    itAccepts("injection-no-bypass", [
        ...Object.entries({
            "sidecar.istio.io/proxyCPU": "100m",
            "sidecar.istio.io/logLevel": "debug",
            "sidecar.istio.io/interceptionMode": "TPROXY",
            "sidecar.istio.io/rewriteAppHTTPProbers": "true",
            "prometheus.istio.io/merge-metrics": "false",
            "k8s.v1.cni.cncf.io/network-status": "[]",
            "traffic.sidecar.istio.io/includeOutboundIPRanges": "*",
            "traffic.sidecar.istio.io/excludeOutboundPorts": "",
            "example.com/owner": "team",
        }).map(([name, value]) => ({ what: `${name}: ${value}`, yaml: annotated(name, value) })),
        {
            what: "an external host by hostAliases",
            yaml: deployment(
                "hostAliases: [{ ip: 203.0.113.7, hostnames: [db.corp.example.com] }], containers: []",
            ),
        },
    ]);
});
