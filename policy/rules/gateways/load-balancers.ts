import { isGateway } from "../../core/charts";
import { hasAddress, parseNetwork } from "../../core/networks";
import { at, type Fields, fields, labelsAt, list, numberAt, textAt, texts } from "../../core/read";
import { each, type Finding, stackRule } from "../../core/rule";
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
    title: "A gateway's load balancer stands where it is meant to, and leads to no port of the proxy's own",
    severity: "critical",
    why: "one word of an annotation puts what is for the inside on the Internet; Envoy's administration changes whatever the proxy does",
    remedy: "Keep the scheme internal where the gateway is, its loadBalancerSourceRanges to the networks that are meant, and its ports to those of its Gateways.",
    judges: ["core/Service", ...CHARTS],
    defaults: { internal: [], sourceRanges: [] },
    schema: {
        internal: {
            type: "array",
            items: { type: "string" },
            description:
                "gateways (<namespace>/<name> of the release or Service) whose load balancer is for the inside alone",
        },
        sourceRanges: {
            type: "array",
            description: "gateways whose load balancer takes connections of these networks alone",
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
        refused: `
type: kubernetes:helm.sh/v3:Release
name: public
properties:
  name: public
  namespace: edge
  chart: oci://ghcr.io/istio/release/charts/gateway
  values: { service: { type: LoadBalancer, ports: [{ name: https, port: 443, targetPort: 443 }, { name: admin, port: 8443, targetPort: 15000 }] } }
`,
        accepted: `
type: kubernetes:helm.sh/v3:Release
name: public
properties:
  name: public
  namespace: edge
  chart: oci://ghcr.io/istio/release/charts/gateway
  values: { service: { type: LoadBalancer, ports: [{ name: status-port, port: 15021, targetPort: 15021 }, { name: https, port: 443, targetPort: 443 }] } }
`,
    },
    *judgeStack(world, config) {
        yield* each(world.all("core/Service"), function* (subject) {
            const service = subject.spec;
            const isOpen = ["LoadBalancer", "NodePort"].includes(textAt(service, "type") ?? "");
            const isGateways = world.gatewaysOf(labelsAt(service, "selector")).length > 0;
            if (isOpen || isGateways) yield* judgePorts(subject, service, "spec");
            yield* judgeScheme(
                subject,
                { service, annotations: subject.annotations, path: "spec", marks: "metadata.annotations" },
                config,
            );
        });
        yield* each(world.all(...CHARTS), function* (subject) {
            if (!isGateway(world, subject)) return;
            const service = fields(at(subject.props, "values", "service"));
            yield* judgePorts(subject, service, "values.service");
            const annotations = labelsAt(service, "annotations");
            const path = "values.service";
            yield* judgeScheme(subject, { service, annotations, path, marks: `${path}.annotations` }, config);
        });
    },
});

/** Envoy's and its agent's own: https://istio.io/latest/docs/ops/deployment/application-requirements/ */
const OF_THE_PROXY: ReadonlySet<number> = new Set([15000, 15001, 15004, 15006, 15008, 15020, 15053, 15090]);

function* judgePorts(subject: Subject, service: Fields, path: string): Iterable<Finding> {
    for (const [index, port] of list(service["ports"]).entries()) {
        const target = numberAt(port, "targetPort") ?? numberAt(port, "port") ?? 0;
        if (!OF_THE_PROXY.has(target)) continue;
        yield {
            subject,
            wrong: `${path}.ports[${index}] leads to ${target}, a port of the proxy's own: administration, metrics or configuration`,
            fix: "remove it; what reads metrics asks the pods.",
        };
    }
}

interface Balanced {
    readonly service: Fields;
    readonly annotations: Readonly<Record<string, string>>;
    readonly path: string;
    /** Where the annotations stand. */
    readonly marks: string;
}

function* judgeScheme(
    subject: Subject,
    balanced: Balanced,
    { internal, sourceRanges }: Config,
): Iterable<Finding> {
    const { service, annotations, path, marks } = balanced;
    const key = `${subject.namespace}/${subject.name}`;
    const type = textAt(service, "type") ?? (path === "spec" ? "ClusterIP" : "LoadBalancer");
    if (internal.includes(key) && type === "LoadBalancer" && !isInternal(annotations)) {
        const scheme = annotations[SCHEME];
        yield {
            subject,
            wrong: `${marks} ${scheme === undefined ? `has no ${SCHEME}` : `says ${SCHEME}: ${scheme}`}, and this gateway is for the inside alone`,
            fix: `set ${SCHEME} to internal.`,
        };
    }
    const listed = sourceRanges.find(({ gateway }) => gateway === key);
    if (listed === undefined || type !== "LoadBalancer") return;
    const written = annotations[RANGES];
    const own = [
        ...texts(service["loadBalancerSourceRanges"]),
        ...(written === undefined ? [] : written.split(",").map((range) => range.trim())),
    ];
    const others = own.filter((range) => !listed.ranges.some((allowed) => isWithin(range, allowed)));
    if (own.length > 0 && others.length === 0) return;
    yield {
        subject,
        wrong:
            own.length === 0
                ? `${path}.loadBalancerSourceRanges is not set, so the load balancer takes connections of any network`
                : `${path}.loadBalancerSourceRanges has ${others.join(", ")}, and ${listed.ranges.join(" and ")} is meant`,
        fix: "name the networks that are meant, or list others for this policy.",
    };
}

const SCHEME = "service.beta.kubernetes.io/aws-load-balancer-scheme";
const RANGES = "service.beta.kubernetes.io/load-balancer-source-ranges";

/** By the annotations of AWS' controller, of the in-tree one, of GKE's and of Azure's. */
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
