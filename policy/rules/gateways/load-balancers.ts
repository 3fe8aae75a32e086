import { isGateway } from "../../core/charts";
import { hasAddress, parseNetwork } from "../../core/networks";
import { at, type Fields, fields, labelsAt, list, numberAt, textAt, texts } from "../../core/read";
import { each, type Violation, stackRule } from "../../core/rule";
import { CHARTS, type Subject } from "../../core/subject";

interface SourceRanges {
    readonly gateway: string;
    readonly ranges: readonly string[];
}

interface Config {
    readonly internal: readonly string[];
    readonly sourceRanges: readonly SourceRanges[];
}

export const loadBalancers = stackRule<Config>({
    name: "gateways-load-balancers",
    area: "gateways",
    title: "Load balancers of gateways have the configured scheme and source ranges, and expose no port of the proxy itself",
    severity: "critical",
    why: "a single annotation can expose an internal gateway to the Internet, and Envoy's admin port can change the proxy",
    remediation:
        "Keep internal gateways on the scheme internal, restrict loadBalancerSourceRanges to the intended networks, and expose only the ports of the Gateways.",
    appliesTo: ["core/Service", ...CHARTS],
    defaults: { internal: [], sourceRanges: [] },
    schema: {
        internal: {
            type: "array",
            items: { type: "string" },
            description:
                "gateways (<namespace>/<name> of the release or Service) with an internal load balancer",
        },
        sourceRanges: {
            type: "array",
            description: "gateways whose load balancer only accepts connections from these networks",
            items: {
                type: "object",
                additionalProperties: false,
                required: ["gateway", "ranges"],
                properties: {
                    gateway: { type: "string", description: "<namespace>/<name> of the release or Service" },
                    ranges: { type: "array", items: { type: "string" } },
                },
            },
        },
    },
    examples: {
        noncompliant: `
type: kubernetes:helm.sh/v3:Release
name: public
properties:
  name: public
  namespace: edge
  chart: oci://ghcr.io/istio/release/charts/gateway
  values: { service: { type: LoadBalancer, ports: [{ name: https, port: 443, targetPort: 443 }, { name: admin, port: 8443, targetPort: 15000 }] } }
`,
        compliant: `
type: kubernetes:helm.sh/v3:Release
name: public
properties:
  name: public
  namespace: edge
  chart: oci://ghcr.io/istio/release/charts/gateway
  values: { service: { type: LoadBalancer, ports: [{ name: status-port, port: 15021, targetPort: 15021 }, { name: https, port: 443, targetPort: 443 }] } }
`,
    },
    *evaluateStack(stack, config) {
        yield* each(stack.all("core/Service"), function* (subject) {
            const service = subject.spec;
            const isOpen = ["LoadBalancer", "NodePort"].includes(textAt(service, "type") ?? "");
            const isGatewayService = stack.gatewaysOf(labelsAt(service, "selector")).length > 0;
            if (isOpen || isGatewayService) yield* evaluatePorts(subject, service, "spec");
            yield* evaluateScheme(
                subject,
                { service, annotations: subject.annotations, path: "spec", marks: "metadata.annotations" },
                config,
            );
        });
        yield* each(stack.all(...CHARTS), function* (subject) {
            if (!isGateway(stack, subject)) return;
            const service = fields(at(subject.props, "values", "service"));
            yield* evaluatePorts(subject, service, "values.service");
            const annotations = labelsAt(service, "annotations");
            const path = "values.service";
            yield* evaluateScheme(
                subject,
                { service, annotations, path, marks: `${path}.annotations` },
                config,
            );
        });
    },
});

/** Ports of Envoy and of Istio's agent: https://istio.io/latest/docs/ops/deployment/application-requirements/ */
const PROXY_PORTS: ReadonlySet<number> = new Set([15000, 15001, 15004, 15006, 15008, 15020, 15053, 15090]);

function* evaluatePorts(subject: Subject, service: Fields, path: string): Iterable<Violation> {
    for (const [index, port] of list(service["ports"]).entries()) {
        const target = numberAt(port, "targetPort") ?? numberAt(port, "port") ?? 0;
        if (!PROXY_PORTS.has(target)) continue;
        yield {
            subject,
            problem: `${path}.ports[${index}] exposes ${target}, a port of the proxy itself for administration, metrics or configuration`,
            fix: "remove it. Scrape metrics from the pods.",
        };
    }
}

interface LoadBalancedService {
    readonly service: Fields;
    readonly annotations: Readonly<Record<string, string>>;
    readonly path: string;
    /** Path of the annotations. */
    readonly marks: string;
}

function* evaluateScheme(
    subject: Subject,
    balanced: LoadBalancedService,
    { internal, sourceRanges }: Config,
): Iterable<Violation> {
    const { service, annotations, path, marks } = balanced;
    const key = `${subject.namespace}/${subject.name}`;
    const type = textAt(service, "type") ?? (path === "spec" ? "ClusterIP" : "LoadBalancer");
    if (internal.includes(key) && type === "LoadBalancer" && !isInternal(annotations)) {
        const scheme = annotations[SCHEME];
        yield {
            subject,
            problem: `${marks} ${scheme === undefined ? `has no ${SCHEME}` : `has ${SCHEME}: ${scheme}`}, but this gateway is internal`,
            fix: `set ${SCHEME} to internal.`,
        };
    }
    const listed = sourceRanges.find(({ gateway }) => gateway === key);
    if (listed === undefined || type !== "LoadBalancer") return;
    const written = annotations[RANGES];
    const declaredRanges = [
        ...texts(service["loadBalancerSourceRanges"]),
        ...(written === undefined ? [] : written.split(",").map((range) => range.trim())),
    ];
    const others = declaredRanges.filter(
        (range) => !listed.ranges.some((allowed) => isWithin(range, allowed)),
    );
    if (declaredRanges.length > 0 && others.length === 0) return;
    yield {
        subject,
        problem:
            declaredRanges.length === 0
                ? `${path}.loadBalancerSourceRanges is not set, so the load balancer accepts connections from any network`
                : `${path}.loadBalancerSourceRanges has ${others.join(", ")}, but the allowed networks are ${listed.ranges.join(" and ")}`,
        fix: "use the allowed networks, or list others for this policy.",
    };
}

const SCHEME = "service.beta.kubernetes.io/aws-load-balancer-scheme";
const RANGES = "service.beta.kubernetes.io/load-balancer-source-ranges";

/** By the annotations of AWS' load balancer controller and in-tree provider, of GKE and of Azure. */
function isInternal(annotations: Readonly<Record<string, string>>): boolean {
    const scheme = annotations[SCHEME];
    if (scheme !== undefined) return scheme === "internal";
    return (
        annotations["service.beta.kubernetes.io/aws-load-balancer-internal"] === "true" ||
        annotations["networking.gke.io/load-balancer-type"] === "Internal" ||
        annotations["service.beta.kubernetes.io/azure-load-balancer-internal"] === "true"
    );
}

function isWithin(range: string, allowed: string): boolean {
    const inner = parseNetwork(range);
    const outer = parseNetwork(allowed);
    return (
        inner !== undefined &&
        outer !== undefined &&
        inner.bits >= outer.bits &&
        hasAddress(allowed, inner.address)
    );
}
