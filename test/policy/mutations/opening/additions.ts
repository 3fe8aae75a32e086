/** Objects that somebody adds. */
import { type JudgedResource } from "../../../../cli/policy/protocol";
import { kindOf, meta, type Mutation } from "../model";

/** What somebody may add to a stack in a later version of an API, an older one, or by another kind. */
export function additions(stack: readonly JudgedResource[]): Mutation[] {
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
