/** The control plane and gateways by their values. */
import { type JudgedResource } from "../../../../cli/policy/protocol";
import { changed, meta, type Mutation, type Props } from "../model";
import { set } from "./edit";

export function ofReleases(resource: JudgedResource): Mutation[] {
    if (resource.type !== "kubernetes:helm.sh/v3:Release") return [];
    const { name } = meta(resource);
    const change = (kind: string, path: string, value: unknown): Mutation =>
        changed(kind, resource, set(path, value));
    if (name.includes("gateway")) {
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
    if (!name.startsWith("istiod")) return [];
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
