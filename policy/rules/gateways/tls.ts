import { EXCEPTIONS_SCHEMA, isExcepted, type Exception, NO_EXCEPTIONS } from "../../core/exceptions";
import { KUBERNETES_GATEWAY, LISTENER_SETS } from "../../core/listeners";
import { list, says, textAt, texts } from "../../core/read";
import { each, type Finding, stackRule } from "../../core/rule";
import { type Server, serversOf } from "../../core/servers";
import { type Subject } from "../../core/subject";
import { isBelow, TLS_VERSIONS, type TlsVersion } from "../../core/tls";
import { type World } from "../../core/world";
import { onlyRedirects } from "./redirects";

interface Config {
    readonly exceptions: readonly Exception[];
    readonly minimum: TlsVersion;
}

/** Suites with forward secrecy and authenticated encryption; all that TLS 1.2 needs. */
const STRONG = /^ECDHE-(ECDSA|RSA)-(AES(128|256)-GCM-SHA(256|384)|CHACHA20-POLY1305)$/;

const JUDGED = [
    "networking.istio.io/Gateway",
    KUBERNETES_GATEWAY,
    ...LISTENER_SETS,
    "networking.k8s.io/Ingress",
];

export const gatewayTls = stackRule<Config>({
    name: "gateways-tls",
    area: "gateways",
    title: "Gateways take TLS of a stated minimum, with credentials by reference, and plain HTTP only to redirect it",
    severity: "critical",
    why: "what a gateway takes in plain text, or in TLS that can be broken, is read and changed on its way over the Internet",
    remedy: "Use HTTPS or TLS with mode, credentialName and minProtocolVersion; on port 80 set tls.httpsRedirect.",
    judges: [...JUDGED, "gateway.networking.k8s.io/HTTPRoute"],
    defaults: { ...NO_EXCEPTIONS, minimum: "TLSV1_2" },
    schema: {
        exceptions: EXCEPTIONS_SCHEMA,
        minimum: { enum: TLS_VERSIONS, description: "the oldest version of TLS at gateways" },
    },
    examples: {
        refused: `
apiVersion: networking.istio.io/v1alpha3
kind: Gateway
metadata: { name: public, namespace: edge }
spec: { selector: { istio: gateway }, servers: [{ port: { number: 80, name: http, protocol: HTTP }, hosts: [shop/www.example.com] }] }
`,
        accepted: `
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
    *judgeStack(world, config) {
        yield* each(world.all(...JUDGED), function* (subject) {
            if (isExcepted(config, subject)) return;
            if (subject.id === "networking.k8s.io/Ingress") yield* judgeIngress(subject);
            else if (subject.id === KUBERNETES_GATEWAY || LISTENER_SETS.includes(subject.id))
                yield* judgeListeners(world, subject);
            else for (const server of serversOf(subject)) yield* judgeServer(subject, server, config);
        });
    },
});

function* judgeIngress(subject: Subject): Iterable<Finding> {
    if (list(subject.spec["tls"]).length > 0 || isTlsAtAlb(subject)) return;
    yield {
        subject,
        wrong: "spec.tls is not set, so it takes plain HTTP",
        fix: "name its hosts and a secretName there; at AWS' load balancer set the annotations certificate-arn and listen-ports.",
    };
}

/**
 * Whether AWS' load balancer controller makes listeners of HTTPS alone, or such of HTTP as only redirect: by its
 * annotations (its guide's "Ingress annotations"); with a certificate and no list of ports the listener is HTTPS.
 */
function isTlsAtAlb({ annotations, spec }: Subject): boolean {
    const of = (name: string): string => annotations[`alb.ingress.kubernetes.io/${name}`] ?? "";
    if ((textAt(spec, "ingressClassName") ?? annotations["kubernetes.io/ingress.class"]) !== "alb")
        return false;
    const ports = of("listen-ports");
    if (ports === "") return of("certificate-arn") !== "";
    return !/"HTTP"/i.test(ports) || of("ssl-redirect") !== "";
}

function* judgeListeners(world: World, subject: Subject): Iterable<Finding> {
    for (const [index, listener] of list(subject.spec["listeners"]).entries()) {
        const protocol = textAt(listener, "protocol") ?? "";
        // HBONE is the mesh's own mutual TLS, of waypoints.
        if (protocol === "HTTPS" || protocol === "TLS" || protocol === "HBONE") continue;
        if (protocol === "HTTP" && onlyRedirects(world, subject, listener)) continue;
        yield {
            subject,
            wrong: `spec.listeners[${index}].protocol is ${protocol}, which is plain text`,
            fix: "use HTTPS with tls.certificateRefs, or bind HTTPRoutes that do nothing but redirect to https.",
        };
    }
}

function* judgeServer(subject: Subject, server: Server, { minimum }: Config): Iterable<Finding> {
    const { path, port, protocol, tls, mode, isPlain, isRedirect } = server;
    if (protocol === "HTTP" && isRedirect) return;
    if (isPlain && protocol !== "HTTPS" && protocol !== "TLS") {
        const ignored = mode === undefined ? "" : `, whatever its tls.mode ${mode} says`;
        yield {
            subject,
            wrong: `${path} takes ${protocol} in plain text at port ${port ?? "?"}${ignored}`,
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
            wrong: `${path}.tls.mode is ${mode ?? "not stated"}${mode === undefined ? "" : ", which opens every Service by its name"}`,
            fix: "set it to SIMPLE, MUTUAL or ISTIO_MUTUAL, or to PASSTHROUGH where the service ends TLS itself.",
        };
        return;
    }
    // The mesh's own minimum holds for ISTIO_MUTUAL, and the service's for what is passed through.
    if (mode === "ISTIO_MUTUAL" || mode === "PASSTHROUGH") return;
    const version = textAt(tls, "minProtocolVersion");
    if (isBelow(version, minimum)) {
        yield {
            subject,
            wrong: `${path}.tls.minProtocolVersion is ${version ?? "not stated"}, and ${minimum} is the oldest allowed`,
            fix: `set it to ${minimum} or later.`,
        };
    }
    const newest = textAt(tls, "maxProtocolVersion");
    if (newest !== undefined && newest !== "TLS_AUTO" && isBelow(newest, minimum)) {
        yield {
            subject,
            wrong: `${path}.tls.maxProtocolVersion is ${newest}, and ${minimum} is the oldest allowed`,
            fix: "remove it.",
        };
    }
    const weak = texts(tls["cipherSuites"]).filter((suite) => !STRONG.test(suite));
    if (weak.length > 0) {
        yield {
            subject,
            wrong: `${path}.tls.cipherSuites has ${weak.join(", ")}, without forward secrecy or authenticated encryption`,
            fix: "keep to ECDHE suites with AES-GCM or CHACHA20-POLY1305.",
        };
    }
    if (says(tls["credentialName"]) || says(tls["credentialNames"]) || says(tls["tlsCertificates"])) return;
    yield {
        subject,
        wrong: `${path}.tls names no credentialName, so its key must lie in the proxy's files`,
        fix: "put certificate and key into a Secret of the gateway's namespace and set credentialName to its name.",
    };
}
