import { apexOf, CANARY } from "../../core/canary";
import { EXCEPTIONS_SCHEMA, isExcepted, NO_EXCEPTIONS, type WithExceptions } from "../../core/exceptions";
import { coversHost, isInMesh } from "../../core/hosts";
import { trafficPolicies } from "../../core/traffic-policies";
import { type Fields, fields, list, isNonEmpty, textAt, texts } from "../../core/read";
import { each, type Violation, stackRule } from "../../core/rule";
import { type Subject } from "../../core/subject";
import { type StackResources } from "../../core/stack-resources";

export const clientTls = stackRule<WithExceptions>({
    name: "identity-client-tls",
    area: "identity",
    title: "No DestinationRule disables TLS or the verification of the server's identity",
    severity: "critical",
    why: "a client that sends plain text, or accepts any certificate, sends its requests to any server that answers",
    remediation:
        "Omit trafficPolicy.tls for hosts in the mesh, or set its mode to ISTIO_MUTUAL. For external hosts set SIMPLE with subjectAltNames.",
    appliesTo: ["networking.istio.io/DestinationRule", "networking.istio.io/ServiceEntry", CANARY],
    defaults: NO_EXCEPTIONS,
    schema: { exceptions: EXCEPTIONS_SCHEMA },
    examples: {
        noncompliant: `
apiVersion: networking.istio.io/v1beta1
kind: DestinationRule
metadata: { name: carts, namespace: shop }
spec: { host: carts, exportTo: ["."], trafficPolicy: { tls: { mode: DISABLE } } }
`,
        compliant: `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: carts, namespace: shop }
spec: { host: carts, exportTo: ["."], trafficPolicy: { tls: { mode: ISTIO_MUTUAL } } }
`,
    },
    *evaluateStack(stack, config) {
        yield* each(stack.all("networking.istio.io/DestinationRule", CANARY), function* (subject) {
            if (isExcepted(config, subject)) return;
            // Flagger creates DestinationRules from a Canary's `service`.
            const isCanary = subject.id === CANARY;
            const host = isCanary ? apexOf(subject) : (textAt(subject.spec, "host") ?? "");
            const policies = isCanary
                ? trafficPolicies(fields(subject.spec["service"]), "spec.service")
                : trafficPolicies(subject.spec);
            for (const [path, policy] of policies) {
                yield* evaluateTls(stack, subject, host, `${path}.tls`, fields(policy["tls"]));
                const target = textAt(policy, "tunnel", "targetHost");
                if (target === undefined) continue;
                yield {
                    subject,
                    problem: `${path}.tunnel forwards connections for ${host} to ${target}, which bypasses ServiceEntries and the policies of the egress gateway`,
                    fix: "remove it, and declare the host in a ServiceEntry.",
                };
            }
        });
    },
});

function* evaluateTls(
    stack: StackResources,
    subject: Subject,
    host: string,
    path: string,
    tls: Fields,
): Iterable<Violation> {
    const mode = textAt(tls, "mode");
    if (mode === "DISABLE") {
        yield {
            subject,
            problem: `${path}.mode is DISABLE, so requests to ${host} are sent in plain text`,
            fix: "remove the tls section, or set its mode to ISTIO_MUTUAL (SIMPLE for an external host).",
        };
    } else if (mode !== undefined && mode !== "ISTIO_MUTUAL" && isInMesh(host)) {
        yield {
            subject,
            problem: `${path}.mode is ${mode} for ${host}, which is in the mesh: its clients lose their identity`,
            fix: "remove the tls section, or set its mode to ISTIO_MUTUAL.",
        };
    } else if (
        (mode === "SIMPLE" || mode === "MUTUAL") &&
        !texts(tls["subjectAltNames"]).some((name) => name !== "") &&
        !checksNameItself(stack, host, tls)
    ) {
        yield {
            subject,
            problem: `${path}.subjectAltNames is empty, so any certificate of a trusted CA is accepted for ${host}`,
            fix: `set ${path}.subjectAltNames to the names in the certificate of ${host}.`,
        };
    }
    if (mode === "ISTIO_MUTUAL" && isNonEmpty(tls["subjectAltNames"]) && isInMesh(host)) {
        yield {
            subject,
            problem: `${path}.subjectAltNames is ${texts(tls["subjectAltNames"]).join(" and ")}, which replaces the identities that istiod configures for ${host}`,
            fix: "remove it.",
        };
    }
    if (textAt(tls, "insecureSkipVerify") === "true") {
        yield {
            subject,
            problem: `${path}.insecureSkipVerify is true, so any certificate is accepted for ${host}`,
            fix: "remove it, and set caCertificates or credentialName to the CA that signed the certificate.",
        };
    }
}

const HTTP: ReadonlySet<string> = new Set(["HTTP", "HTTP2", "GRPC", "GRPC-WEB", "HTTP-PROXY"]);

/**
 * Whether Envoy compares the certificate with the host of each request (auto_san_validation). Istio enables
 * this if neither `sni` nor names are set (setAutoSniAndAutoSanValidation in
 * pilot/pkg/networking/core/cluster_tls.go). It only works for HTTP, so every port of the host in the stack's
 * ServiceEntries must be HTTP.
 */
function checksNameItself(stack: StackResources, host: string, tls: Fields): boolean {
    if (isNonEmpty(tls["sni"])) return false;
    const ports = stack
        .all("networking.istio.io/ServiceEntry")
        .filter(({ spec }) => texts(spec["hosts"]).some((declared) => coversHost(host, declared)))
        .flatMap(({ spec }) => list(spec["ports"]));
    return ports.every((port) => HTTP.has((textAt(port, "protocol") ?? "TCP").toUpperCase()));
}
