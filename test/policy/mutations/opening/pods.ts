/** Pods that bypass the mesh, or have unneeded privileges. */
import { type EvaluatedResource } from "../../../../cli/policy/protocol";
import { changed, kindOf, meta, type Mutation, nodes, type Props } from "../model";
import { set } from "./edit";

const POD = "spec.template";

export function ofPods(resource: EvaluatedResource): Mutation[] {
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
        annotated("pod: a template without a proxy", "inject.istio.io/templates", "none"),
        annotated(
            "pod: a gateway's template in addition to the service's",
            "inject.istio.io/templates",
            "gateway",
        ),
        annotated(
            "pod: no interception, by the proxy's configuration",
            "proxy.istio.io/config",
            "interceptionMode: NONE",
        ),
        annotated(
            "pod: another proxy's image",
            "sidecar.istio.io/proxyImage",
            "registry.example.com/proxy:1",
        ),
        annotated("pod: another command of the proxy", "sidecar.istio.io/bootstrapOverride", "mine"),
        annotated("pod: the proxy's container changed", "proxy.istio.io/overrides", '{"containers":[{}]}'),
        changed("pod: a container in the sidecar's place", resource, (properties) => {
            for (const spec of nodes(properties, `${POD}.spec`)) {
                const [first] = spec["containers"] as Props[];
                spec["containers"] = [...(spec["containers"] as Props[]), { ...first, name: "istio-proxy" }];
            }
        }),
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
        change("pod: allowed to run as root", "spec.securityContext.runAsNonRoot", false),
        change("pod: no seccomp profile", "spec.securityContext.seccompProfile", undefined),
        change("pod: the node's files", "spec.volumes", [{ name: "root", hostPath: { path: "/" } }]),
        context("pod: privileged", "privileged", true),
        context("pod: NET_ADMIN", "capabilities", { drop: ["ALL"], add: ["NET_ADMIN"] }),
        context("pod: keeps its capabilities", "capabilities", {}),
        context("pod: privilege escalation allowed", "allowPrivilegeEscalation", true),
        inContainer(
            "pod: image without a version",
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
