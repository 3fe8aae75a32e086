import { EXCEPTIONS_SCHEMA, isExcepted, type Exception, NO_EXCEPTIONS } from "../../core/exceptions";
import { KUBERNETES_GATEWAY, LISTENER_SETS } from "../../core/listeners";
import { list, isNonEmpty, textAt, texts } from "../../core/read";
import { each, type Violation, stackRule } from "../../core/rule";
import { type GatewayServer, serversOf } from "../../core/servers";
import { type Subject } from "../../core/subject";
import { isBelow, TLS_VERSIONS, type TlsVersion } from "../../core/tls";
import { type StackResources } from "../../core/stack-resources";
import { onlyRedirects } from "./redirects";

interface Config {
    readonly exceptions: readonly Exception[];
    readonly minimum: TlsVersion;
}

/** Suites with forward secrecy and authenticated encryption, as required for TLS 1.2. */
const STRONG = /^ECDHE-(ECDSA|RSA)-(AES(128|256)-GCM-SHA(256|384)|CHACHA20-POLY1305)$/;

const LISTENER_KINDS = [
    "networking.istio.io/Gateway",
    KUBERNETES_GATEWAY,
    ...LISTENER_SETS,
    "networking.k8s.io/Ingress",
];

export const gatewayTls = stackRule<Config>({
    name: "gateways-tls",
    area: "gateways",
    title: "Gateways require TLS with an explicit minimum version and credentials from Secrets, and use plain HTTP only for redirects",
    severity: "critical",
    why: "anyone on the path can read and change plain-text requests, or requests with weak TLS, on the Internet",
    remediation:
        "Use HTTPS or TLS with mode, credentialName and minProtocolVersion. On port 80 set tls.httpsRedirect.",
    appliesTo: [...LISTENER_KINDS, "gateway.networking.k8s.io/HTTPRoute"],
    defaults: { ...NO_EXCEPTIONS, minimum: "TLSV1_2" },
    schema: {
        exceptions: EXCEPTIONS_SCHEMA,
        minimum: { enum: TLS_VERSIONS, description: "the minimum TLS version at gateways" },
    },
    examples: {
        noncompliant: `
apiVersion: networking.istio.io/v1alpha3
kind: Gateway
metadata: { name: public, namespace: edge }
spec: { selector: { istio: gateway }, servers: [{ port: { number: 80, name: http, protocol: HTTP }, hosts: [shop/www.example.com] }] }
`,
        compliant: `
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: public, namespace: edge }
spec:
  selector: { istio: gateway }
  servers:
    - port: { number: 80, name: http, protocol: HTTP }
      hosts: [shop/www.example.com]
      tls: { httpsRedirect: true }
    - port: { number: 443, name: https, protocol: HTTPS }
      hosts: [shop/www.example.com]
      tls: { mode: SIMPLE, credentialName: www, minProtocolVersion: TLSV1_2 }
`,
    },
    *evaluateStack(stack, config) {
        yield* each(stack.all(...LISTENER_KINDS), function* (subject) {
            if (isExcepted(config, subject)) return;
            if (subject.id === "networking.k8s.io/Ingress") yield* evaluateIngress(subject);
            else if (subject.id === KUBERNETES_GATEWAY || LISTENER_SETS.includes(subject.id))
                yield* evaluateListeners(stack, subject);
            else for (const server of serversOf(subject)) yield* evaluateServer(subject, server, config);
        });
    },
});

function* evaluateIngress(subject: Subject): Iterable<Violation> {
    if (list(subject.spec["tls"]).length > 0 || isTlsAtAlb(subject)) return;
    yield {
        subject,
        problem: "spec.tls is not set, so it accepts plain HTTP",
        fix: "set its hosts and a secretName there. For an AWS load balancer, set the annotations certificate-arn and listen-ports.",
    };
}

/**
 * Whether the AWS load balancer controller only creates HTTPS listeners, or HTTP listeners that redirect,
 * according to the annotations (its guide's "Ingress annotations"). With a certificate and no list of ports,
 * the listener is HTTPS.
 */
function isTlsAtAlb({ annotations, spec }: Subject): boolean {
    const of = (name: string): string => annotations[`alb.ingress.kubernetes.io/${name}`] ?? "";
    if ((textAt(spec, "ingressClassName") ?? annotations["kubernetes.io/ingress.class"]) !== "alb")
        return false;
    const ports = of("listen-ports");
    if (ports === "") return of("certificate-arn") !== "";
    return !/"HTTP"/i.test(ports) || of("ssl-redirect") !== "";
}

function* evaluateListeners(stack: StackResources, subject: Subject): Iterable<Violation> {
    for (const [index, listener] of list(subject.spec["listeners"]).entries()) {
        const protocol = textAt(listener, "protocol") ?? "";
        // HBONE is the mutual TLS of waypoints.
        if (protocol === "HTTPS" || protocol === "TLS" || protocol === "HBONE") continue;
        if (protocol === "HTTP" && onlyRedirects(stack, subject, listener)) continue;
        yield {
            subject,
            problem: `spec.listeners[${index}].protocol is ${protocol}, which is plain text`,
            fix: "use HTTPS with tls.certificateRefs, or bind only HTTPRoutes that redirect to https.",
        };
    }
}

function* evaluateServer(subject: Subject, server: GatewayServer, { minimum }: Config): Iterable<Violation> {
    const { path, port, protocol, tls, mode, isPlain, isRedirect } = server;
    if (protocol === "HTTP" && isRedirect) return;
    if (isPlain && protocol !== "HTTPS" && protocol !== "TLS") {
        const ignored = mode === undefined ? "" : `; its tls.mode ${mode} is ignored`;
        yield {
            subject,
            problem: `${path} accepts plain-text ${protocol} on port ${port ?? "?"}${ignored}`,
            fix:
                protocol === "HTTP"
                    ? "set tls.httpsRedirect to true, or use HTTPS."
                    : "use the protocol TLS, with tls.mode and credentialName.",
        };
        return;
    }
    if (mode === undefined || mode === "AUTO_PASSTHROUGH") {
        yield {
            subject,
            problem: `${path}.tls.mode is ${mode ?? "not set"}${mode === undefined ? "" : ", which exposes every Service by name"}`,
            fix: "set it to SIMPLE, MUTUAL or ISTIO_MUTUAL, or to PASSTHROUGH if the service terminates TLS itself.",
        };
        return;
    }
    // For ISTIO_MUTUAL the mesh's minimum applies, and for PASSTHROUGH that of the service.
    if (mode === "ISTIO_MUTUAL" || mode === "PASSTHROUGH") return;
    const version = textAt(tls, "minProtocolVersion");
    if (isBelow(version, minimum)) {
        yield {
            subject,
            problem: `${path}.tls.minProtocolVersion is ${version ?? "not set"}, and the minimum is ${minimum}`,
            fix: `set it to ${minimum} or later.`,
        };
    }
    const newest = textAt(tls, "maxProtocolVersion");
    if (newest !== undefined && newest !== "TLS_AUTO" && isBelow(newest, minimum)) {
        yield {
            subject,
            problem: `${path}.tls.maxProtocolVersion is ${newest}, and the minimum is ${minimum}`,
            fix: "remove it.",
        };
    }
    const weak = texts(tls["cipherSuites"]).filter((suite) => !STRONG.test(suite));
    if (weak.length > 0) {
        yield {
            subject,
            problem: `${path}.tls.cipherSuites has ${weak.join(", ")}, without forward secrecy or authenticated encryption`,
            fix: "use only ECDHE suites with AES-GCM or CHACHA20-POLY1305.",
        };
    }
    if (
        isNonEmpty(tls["credentialName"]) ||
        isNonEmpty(tls["credentialNames"]) ||
        isNonEmpty(tls["tlsCertificates"])
    )
        return;
    yield {
        subject,
        problem: `${path}.tls has no credentialName, so its key must be in the proxy's file system`,
        fix: "store certificate and key in a Secret of the gateway's namespace, and set credentialName to its name.",
    };
}
