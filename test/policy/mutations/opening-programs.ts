/** Opening changes of what is no single Istio object: releases, pods, AWS' resources, and objects that are added. */
import { type JudgedResource } from "../../../cli/policy/protocol";
import { changed, kindOf, meta, type Mutation, nodes, type Props } from "./model";

export function openingOfPrograms(stack: readonly JudgedResource[]): Mutation[] {
    return [
        ...stack.flatMap(ofReleases),
        ...stack.flatMap(ofPods),
        ...stack.flatMap(ofCluster),
        ...additions(stack),
    ];
}

function set(path: string, value: unknown): (properties: Props) => void {
    return (properties) => {
        const keys = path.split(".");
        const last = keys.pop() ?? "";
        let node = properties;
        for (const key of keys) node = (node[key] ??= {}) as Props;
        if (value === undefined) Reflect.deleteProperty(node, last);
        else node[last] = value;
    };
}

function ofReleases(resource: JudgedResource): Mutation[] {
    if (resource.type !== "kubernetes:helm.sh/v3:Release") return [];
    const { name } = meta(resource);
    const change = (kind: string, path: string, value: unknown): Mutation =>
        changed(kind, resource, set(path, value));
    if (/gateway/.test(name)) {
        const annotations = [
            "traffic.sidecar.istio.io/excludeInboundPorts",
            "traffic.sidecar.istio.io/excludeOutboundIPRanges",
        ];
        return annotations.map((annotation) =>
            changed("gateway release: traffic past the proxy", resource, (properties) => {
                const values = properties["values"] as Props;
                values["podAnnotations"] = {
                    ...(values["podAnnotations"] as object | undefined),
                    [annotation]: "10.0.0.0/8",
                };
            }),
        );
    }
    if (name !== "istiod") return [];
    const mesh = "values.meshConfig";
    return [
        change("mesh: ALLOW_ANY", `${mesh}.outboundTrafficPolicy.mode`, "ALLOW_ANY"),
        change("mesh: outbound policy dropped", `${mesh}.outboundTrafficPolicy`, undefined),
        change("mesh: TLS minimum dropped", `${mesh}.meshMTLS`, undefined),
        change("mesh: TLS minimum to the default", `${mesh}.meshMTLS.minProtocolVersion`, "TLS_AUTO"),
        change("mesh: auto mTLS off", `${mesh}.enableAutoMtls`, false),
        change("mesh: default retries dropped", `${mesh}.defaultHttpRetryPolicy`, undefined),
        change("mesh: default retries", `${mesh}.defaultHttpRetryPolicy.attempts`, 2),
        change("mesh: configuration dropped", mesh, undefined),
        change("mesh: certificates outside not checked", "values.env.VERIFY_CERTIFICATE_AT_CLIENT", "false"),
        ...["excludeIPRanges", "excludeInboundPorts", "excludeOutboundPorts"].map((field) =>
            change(`mesh: ${field} for every pod`, `values.global.proxy.${field}`, "10.0.0.0/8"),
        ),
        change("mesh: includeIPRanges narrowed", "values.global.proxy.includeIPRanges", "10.0.0.0/8"),
        change("mesh: privileged proxies", "values.global.proxy.privileged", true),
    ];
}

const POD = "spec.template";

function ofPods(resource: JudgedResource): Mutation[] {
    if (kindOf(resource) !== "Deployment") return [];
    const change = (kind: string, path: string, value: unknown): Mutation =>
        changed(kind, resource, set(`${POD}.${path}`, value));
    const inContainer = (kind: string, edit: (container: Props) => void): Mutation =>
        changed(kind, resource, (properties) => {
            for (const container of nodes(properties, `${POD}.spec.containers.0`)) edit(container);
        });
    const context = (kind: string, field: string, value: unknown): Mutation =>
        inContainer(kind, (container) => {
            container["securityContext"] = { ...(container["securityContext"] as object), [field]: value };
        });
    const annotated = (kind: string, name: string, value: string): Mutation =>
        changed(kind, resource, (properties) => {
            for (const metadata of nodes(properties, `${POD}.metadata`)) {
                metadata["annotations"] = {
                    ...(metadata["annotations"] as object | undefined),
                    [name]: value,
                };
            }
        });
    return [
        annotated("pod: opts out by annotation", "sidecar.istio.io/inject", "false"),
        changed("pod: opts out by label", resource, (properties) => {
            for (const labels of nodes(properties, `${POD}.metadata.labels`))
                labels["sidecar.istio.io/inject"] = "false";
        }),
        annotated(
            "pod: inbound ports past the sidecar",
            "traffic.sidecar.istio.io/excludeInboundPorts",
            "9090",
        ),
        annotated(
            "pod: outbound ports past the sidecar",
            "traffic.sidecar.istio.io/excludeOutboundPorts",
            "5432",
        ),
        annotated(
            "pod: outbound ranges past the sidecar",
            "traffic.sidecar.istio.io/excludeOutboundIPRanges",
            "0.0.0.0/0",
        ),
        annotated(
            "pod: only some ranges through the sidecar",
            "traffic.sidecar.istio.io/includeOutboundIPRanges",
            "10.0.0.0/8",
        ),
        annotated("pod: no interception", "sidecar.istio.io/interceptionMode", "NONE"),
        change("pod: host network", "spec.hostNetwork", true),
        change("pod: host processes", "spec.hostPID", true),
        change("pod: default account", "spec.serviceAccountName", undefined),
        changed("pod: another's account", resource, (properties) => {
            for (const spec of nodes(properties, `${POD}.spec`)) {
                spec["serviceAccountName"] =
                    meta(resource).name === "ratelimit" ? "ratelimit-redis" : "ratelimit";
            }
        }),
        change("pod: runs as the proxy's user", "spec.securityContext.runAsUser", 1337),
        change("pod: may run as root", "spec.securityContext.runAsNonRoot", false),
        change("pod: no seccomp profile", "spec.securityContext.seccompProfile", undefined),
        change("pod: the node's files", "spec.volumes", [{ name: "root", hostPath: { path: "/" } }]),
        context("pod: privileged", "privileged", true),
        context("pod: NET_ADMIN", "capabilities", { drop: ["ALL"], add: ["NET_ADMIN"] }),
        context("pod: keeps its capabilities", "capabilities", {}),
        context("pod: may gain privileges", "allowPrivilegeEscalation", true),
        inContainer(
            "pod: image of no version",
            (container) => (container["image"] = "docker.io/library/redis"),
        ),
        inContainer(
            "pod: image latest",
            (container) => (container["image"] = "docker.io/library/redis:latest"),
        ),
        inContainer("pod: no resources", (container) => Reflect.deleteProperty(container, "resources")),
        inContainer("pod: a port on the node", (container) => {
            container["ports"] = [{ containerPort: 9090, hostPort: 9090 }];
        }),
    ];
}

/** Of what AWS' resources a stack has: none where its cluster is found and not made. */
function ofCluster(resource: JudgedResource): Mutation[] {
    const change = (kind: string, path: string, value: unknown): Mutation => {
        const mutation = changed(kind, resource, set(path, value));
        return { ...mutation, target: resource.name, names: [resource.name] };
    };
    switch (resource.type) {
        case "aws:eks/cluster:Cluster":
            return [
                change("EKS: endpoint open to the world", "vpcConfig", {
                    endpointPublicAccess: true,
                    publicAccessCidrs: ["0.0.0.0/0"],
                }),
                change("EKS: endpoint as AWS has it", "vpcConfig", {}),
                change("EKS: Secrets not encrypted", "encryptionConfig", undefined),
                change("EKS: no audit log", "enabledClusterLogTypes", ["api"]),
            ];
        case "aws:ec2/launchTemplate:LaunchTemplate":
            return [
                change("nodes: IMDSv1", "metadataOptions.httpTokens", "optional"),
                change("nodes: no metadata options", "metadataOptions", undefined),
                change("nodes: credentials for pods", "metadataOptions.httpPutResponseHopLimit", 5),
                change("nodes: public addresses", "networkInterfaces", [
                    { associatePublicIpAddress: "true" },
                ]),
            ];
        case "aws:eks/nodeGroup:NodeGroup":
            return [change("nodes: no launch template", "launchTemplate", undefined)];
        case "aws:ec2/securityGroup:SecurityGroup":
            return [
                change("security group: SSH from the world", "ingress", [
                    { protocol: "tcp", fromPort: 22, toPort: 22, cidrBlocks: ["0.0.0.0/0"] },
                ]),
                change("security group: everything from the world, by IPv6", "ingress", [
                    { protocol: "-1", fromPort: 0, toPort: 0, ipv6CidrBlocks: ["::/0"] },
                ]),
            ];
        case "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule":
            return [change("security group rule: from the world", "cidrIpv4", "0.0.0.0/0")];
        case "aws:eks/addon:Addon":
            return resource.properties["addonName"] === "vpc-cni"
                ? [
                      {
                          ...change("EKS: NetworkPolicies ignored", "configurationValues", "{}"),
                          names: ["Cluster"],
                      },
                  ]
                : [];
        default:
            return [];
    }
}

/** What somebody may add to a stack in a later version of an API, an older one, or by another kind. */
function additions(stack: readonly JudgedResource[]): Mutation[] {
    const services = stack.filter(
        (resource) => kindOf(resource) === "Service" && meta(resource).namespace === "sparc",
    );
    return services.flatMap((service) => {
        const { name, namespace } = meta(service);
        const host = `${name}.${namespace}.svc.cluster.local`;
        const selector = { matchLabels: { "sparc.dev/service": name } };
        return [
            added(
                "added: PERMISSIVE in v1beta1",
                "security.istio.io/v1beta1",
                "PeerAuthentication",
                namespace,
                name,
                { selector, mtls: { mode: "PERMISSIVE" } },
            ),
            added(
                "added: an ALLOW for everyone",
                "security.istio.io/v1beta1",
                "AuthorizationPolicy",
                namespace,
                name,
                { selector, rules: [{}] },
            ),
            added(
                "added: an ALLOW without a source",
                "security.istio.io/v1",
                "AuthorizationPolicy",
                namespace,
                name,
                {
                    selector,
                    rules: [{ to: [{ operation: { ports: ["9090"], methods: ["POST"], paths: ["/x"] } }] }],
                },
            ),
            added(
                "added: TLS off in v1alpha3",
                "networking.istio.io/v1alpha3",
                "DestinationRule",
                "databases",
                name,
                { host, exportTo: ["."], trafficPolicy: { tls: { mode: "DISABLE" } } },
            ),
            added(
                "added: a second rule for a host",
                "networking.istio.io/v1",
                "DestinationRule",
                namespace,
                `${name}-too`,
                { host, exportTo: ["."] },
            ),
            added("added: an EnvoyFilter", "networking.istio.io/v1alpha3", "EnvoyFilter", namespace, name, {
                configPatches: [],
            }),
            added("added: an Ingress", "networking.k8s.io/v1", "Ingress", namespace, name, {
                rules: [{ host: "x.example.com" }],
            }),
            added(
                "added: an open NetworkPolicy in v1beta1",
                "extensions/v1beta1",
                "NetworkPolicy",
                namespace,
                `${name}-open`,
                { podSelector: {}, ingress: [{}] },
            ),
        ];
    });
}

function added(
    kind: string,
    apiVersion: string,
    objectKind: string,
    namespace: string,
    name: string,
    spec: object,
): Mutation {
    const resource: JudgedResource = {
        urn: `urn:pulumi:x::x::kubernetes:${apiVersion}:${objectKind}::added-${namespace}-${name}`,
        type: `kubernetes:${apiVersion}:${objectKind}`,
        name: `added-${name}`,
        properties: { apiVersion, kind: objectKind, metadata: { name, namespace }, spec },
    };
    const target = `${namespace}/${objectKind}/${name}`;
    return { kind, target, names: [target], replace: new Map(), add: [resource] };
}
