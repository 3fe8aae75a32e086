/** A secure mesh of any size, with one violation. */
import { type EvaluatedResource } from "../../../cli/policy/protocol";
import { fromYaml } from "./stacks";

const NAMESPACE = `
apiVersion: v1
kind: Namespace
metadata: { name: shop, labels: { istio-injection: enabled, pod-security.kubernetes.io/enforce: restricted } }
---
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: { name: default, namespace: istio-system }
spec: { mtls: { mode: STRICT } }
---
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: { name: mistake, namespace: shop }
spec: { mtls: { mode: PERMISSIVE } }
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: deny-all, namespace: shop }
spec: {}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: deny-all, namespace: shop }
spec: { podSelector: {}, policyTypes: [Ingress, Egress] }
---
apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: { name: default, namespace: shop }
spec: { egress: [{ hosts: ["~/*"] }] }
`;

const SERVICE = (name: string): string => `
apiVersion: v1
kind: Service
metadata: { name: ${name}, namespace: shop }
spec: { selector: { service: ${name} }, ports: [{ name: http, port: 8080 }] }
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: ${name}, namespace: shop }
spec:
  selector: { matchLabels: { service: ${name} } }
  rules:
    - from: [{ source: { principals: [cluster.local/ns/shop/sa/web] } }]
      to: [{ operation: { ports: ["8080"], methods: [GET], paths: [/x] } }]
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: ${name}, namespace: shop }
spec:
  host: ${name}
  exportTo: ["."]
  trafficPolicy: { connectionPool: { tcp: { maxConnections: 10 } }, outlierDetection: { consecutive5xxErrors: 5 } }
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: ${name}, namespace: shop }
spec: { hosts: [${name}], exportTo: ["."], http: [{ timeout: 1s, route: [{ destination: { host: ${name} } }] }] }
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: ${name}, namespace: shop }
spec:
  podSelector: { matchLabels: { service: ${name} } }
  policyTypes: [Ingress]
  ingress: [{ from: [{ podSelector: { matchLabels: { service: web } } }], ports: [{ port: 8080 }] }]
`;

export function large(count: number): readonly EvaluatedResource[] {
    const head = fromYaml(NAMESPACE);
    const pattern = fromYaml(SERVICE("NAME"));
    const services = Math.ceil((count - head.length) / pattern.length);
    const filled = Array.from(
        { length: services },
        (_, index) => JSON.parse(JSON.stringify(pattern).replaceAll("NAME", `s${index}`)) as typeof pattern,
    ).flat();
    return [...head, ...filled].slice(0, count).map(({ urn, type, name, props }) => ({
        urn,
        type,
        name,
        properties: props as Record<string, unknown>,
    }));
}
