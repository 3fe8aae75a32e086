/** Who sends spans to the collector: every proxy that sees requests of the platform. Nobody may read them there. */
import type { Catalogue } from "../../catalogue/model";
import type { MeshConfig } from "../../config/schema";
import { TRACED_GATEWAYS, TRACED_NAMESPACES, collectorOf } from "../base/collector";
import { SERVICE_LABEL, serviceSelector } from "../base/labels";
import type { AuthorizationPolicyManifest, NetworkPolicyManifest } from "../base/manifest";
import { NAMESPACES, principal } from "../base/names";
import type { Platform } from "../base/platform";
import { allow } from "./allow";
import { namespacePeer, podsIn, policy, tcp } from "./network-rules";

const NAME = "traces";

export function collectorAuthorization({ catalogue, config }: Platform): AuthorizationPolicyManifest[] {
    const collector = collectorOf(config);
    if (collector === undefined) return [];
    const source = { principals: senders(catalogue, config) };
    const operation = {
        ports: [String(collector.port)],
        methods: ["POST"],
        paths: ["/opentelemetry.proto.collector.trace.v1.TraceService/Export"],
    };
    return [allow(NAME, collector.namespace, collector.name, [{ from: [{ source }], to: [{ operation }] }])];
}

function senders(catalogue: Catalogue, config: MeshConfig): string[] {
    const services = Object.keys(catalogue.services).sort();
    return [
        ...TRACED_GATEWAYS.map(([namespace, account]) => principal(config, namespace, account)),
        ...services.map((name) => principal(config, NAMESPACES.services, name)),
    ];
}

/** The same for the network. */
export function collectorNetworkPolicies({ telemetry }: MeshConfig): NetworkPolicyManifest[] {
    const collector = collectorOf({ telemetry });
    if (collector === undefined) return [];
    const { name, namespace, port } = collector;
    const ports = tcp(port);
    return [
        policy(NAME, namespace, {
            podSelector: serviceSelector(name),
            policyTypes: ["Ingress"],
            ingress: [{ from: TRACED_NAMESPACES.map(namespacePeer), ports }],
        }),
        ...TRACED_NAMESPACES.map((from) =>
            policy(NAME, from, {
                podSelector: {},
                policyTypes: ["Egress"],
                egress: [{ to: [podsIn(namespace, { [SERVICE_LABEL]: name })], ports }],
            }),
        ),
    ];
}
