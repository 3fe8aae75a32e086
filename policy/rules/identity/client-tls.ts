import { apexOf, CANARY } from "../../core/canary";
import { EXCEPTIONS_SCHEMA, isExcepted, NO_EXCEPTIONS, type WithExceptions } from "../../core/exceptions";
import { coversHost, isInMesh } from "../../core/hosts";
import { trafficPolicies } from "../../core/traffic-policies";
import { type Fields, fields, list, says, textAt, texts } from "../../core/read";
import { each, type Finding, stackRule } from "../../core/rule";
import { type Subject } from "../../core/subject";
import { type World } from "../../core/world";

export const clientTls = stackRule<WithExceptions>({
    name: "identity-client-tls",
    area: "identity",
    title: "No DestinationRule turns off TLS, or the check of whom it speaks to",
    severity: "critical",
    why: "a client that speaks plain text, or takes any certificate, hands its requests to whoever answers",
    remedy: "Leave trafficPolicy.tls out for hosts in the mesh, or say ISTIO_MUTUAL. For hosts outside say SIMPLE with subjectAltNames.",
    judges: ["networking.istio.io/DestinationRule", "networking.istio.io/ServiceEntry", CANARY],
    defaults: NO_EXCEPTIONS,
    schema: { exceptions: EXCEPTIONS_SCHEMA },
    examples: {
        refused: `
apiVersion: networking.istio.io/v1beta1
kind: DestinationRule
metadata: { name: carts, namespace: shop }
spec: { host: carts, exportTo: ["."], trafficPolicy: { tls: { mode: DISABLE } } }
`,
        accepted: `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: carts, namespace: shop }
spec: { host: carts, exportTo: ["."], trafficPolicy: { tls: { mode: ISTIO_MUTUAL } } }
`,
    },
    *judgeStack(world, config) {
        yield* each(world.all("networking.istio.io/DestinationRule", CANARY), function* (subject) {
            if (isExcepted(config, subject)) return;
            // Flagger writes DestinationRules of what a Canary's service says.
            const isCanary = subject.id === CANARY;
            const host = isCanary ? apexOf(subject) : (textAt(subject.spec, "host") ?? "");
            const policies = isCanary
                ? trafficPolicies(fields(subject.spec["service"]), "spec.service")
                : trafficPolicies(subject.spec);
            for (const [path, policy] of policies) {
                yield* judgeTls(world, subject, host, `${path}.tls`, fields(policy["tls"]));
                const target = textAt(policy, "tunnel", "targetHost");
                if (target === undefined) continue;
                yield {
                    subject,
                    wrong: `${path}.tunnel leads connections to ${host} on to ${target}, where no ServiceEntry and no policy of the egress gateway names it`,
                    fix: "remove it, and declare the host by a ServiceEntry.",
                };
            }
        });
    },
});

function* judgeTls(
    world: World,
    subject: Subject,
    host: string,
    path: string,
    tls: Fields,
): Iterable<Finding> {
    const mode = textAt(tls, "mode");
    if (mode === "DISABLE") {
        yield {
            subject,
            wrong: `${path}.mode is DISABLE, so requests to ${host} travel in plain text`,
            fix: "remove the tls section, or set its mode to ISTIO_MUTUAL (SIMPLE for a host outside the mesh).",
        };
    } else if (mode !== undefined && mode !== "ISTIO_MUTUAL" && isInMesh(host)) {
        yield {
            subject,
            wrong: `${path}.mode is ${mode} for ${host}, which is in the mesh: its clients lose their identity`,
            fix: "remove the tls section, or set its mode to ISTIO_MUTUAL.",
        };
    } else if (
        (mode === "SIMPLE" || mode === "MUTUAL") &&
        !texts(tls["subjectAltNames"]).some((name) => name !== "") &&
        !checksNameItself(world, host, tls)
    ) {
        yield {
            subject,
            wrong: `${path} names no subjectAltNames, so any certificate of a known CA passes for ${host}`,
            fix: `set ${path}.subjectAltNames to the names that ${host} shows in its certificate.`,
        };
    }
    if (mode === "ISTIO_MUTUAL" && says(tls["subjectAltNames"]) && isInMesh(host)) {
        yield {
            subject,
            wrong: `${path}.subjectAltNames has ${texts(tls["subjectAltNames"]).join(" and ")}, in place of the identities that istiod knows of ${host}`,
            fix: "remove it.",
        };
    }
    if (textAt(tls, "insecureSkipVerify") === "true") {
        yield {
            subject,
            wrong: `${path}.insecureSkipVerify is true, so any certificate passes for ${host}`,
            fix: "remove it, and set caCertificates or credentialName to the CA that signed the certificate.",
        };
    }
}

const HTTP: ReadonlySet<string> = new Set(["HTTP", "HTTP2", "GRPC", "GRPC-WEB", "HTTP-PROXY"]);

/**
 * Whether Istio has Envoy compare the certificate with the host of each request (auto_san_validation): where neither
 * `sni` nor names are given (setAutoSniAndAutoSanValidation of pilot/pkg/networking/core/cluster_tls.go), and Envoy reads
 * requests at all: every port that the stack's ServiceEntries declare for the host speaks HTTP.
 */
function checksNameItself(world: World, host: string, tls: Fields): boolean {
    if (says(tls["sni"])) return false;
    const ports = world
        .all("networking.istio.io/ServiceEntry")
        .filter(({ spec }) => texts(spec["hosts"]).some((declared) => coversHost(host, declared)))
        .flatMap(({ spec }) => list(spec["ports"]));
    return ports.every((port) => HTTP.has((textAt(port, "protocol") ?? "TCP").toUpperCase()));
}
