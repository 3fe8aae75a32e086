import { AUTHORIZATION, actionOf, namesServiceAccount, rulesOf } from "../../core/authorization";
import { matchesHost } from "../../core/patterns";
import { textAt, texts } from "../../core/read";
import { type Violation, objectRule } from "../../core/rule";
import { dnsNamesOf, type GatewayServer, serversOf } from "../../core/servers";
import { type Subject } from "../../core/subject";

interface CertificateHost {
    readonly host: string;
    readonly authority: string;
    readonly sans?: readonly string[];
}

interface Config {
    readonly hosts: readonly CertificateHost[];
}

export const clientCertificates = objectRule<Config>({
    name: "gateways-client-certificates",
    area: "gateways",
    title: "Hosts that require client certificates require them of every client, issued by the listed CA",
    severity: "critical",
    why: "OPTIONAL_MUTUAL also accepts clients without a certificate, which a service that trusts x-forwarded-client-cert cannot distinguish",
    remediation:
        "Keep tls.mode MUTUAL with the listed caCertCredentialName and subjectAltNames, in a server for that host only, and connection.sni with that host in the gateway's ALLOW.",
    appliesTo: ["networking.istio.io/Gateway", AUTHORIZATION],
    defaults: { hosts: [] },
    schema: {
        hosts: {
            type: "array",
            description: "hosts whose clients must present a certificate",
            items: {
                type: "object",
                additionalProperties: false,
                required: ["host", "authority"],
                properties: {
                    host: { type: "string" },
                    authority: { type: "string", description: "as in tls.caCertCredentialName" },
                    sans: {
                        type: "array",
                        items: { type: "string" },
                        description: "allowed subject alternative names; any certificate of the CA if absent",
                    },
                },
            },
        },
    },
    examples: {
        noncompliant: `
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: public, namespace: edge }
spec:
  selector: { istio: gateway }
  servers:
    - port: { number: 443, name: https, protocol: HTTPS }
      hosts: [shop/partners.example.com]
      tls: { mode: MUTUAL, credentialName: partners, minProtocolVersion: TLSV1_2, insecureSkipVerify: true }
`,
        compliant: `
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: public, namespace: edge }
spec:
  selector: { istio: gateway }
  servers:
    - port: { number: 443, name: https, protocol: HTTPS }
      hosts: [shop/partners.example.com]
      tls: { mode: MUTUAL, credentialName: partners, caCertCredentialName: partner-ca-cacert, minProtocolVersion: TLSV1_2 }
`,
    },
    *evaluate(subject, { hosts }) {
        if (subject.kind === "AuthorizationPolicy") {
            yield* evaluatePolicy(subject, hosts);
            return;
        }
        for (const server of serversOf(subject)) {
            if (server.isRedirect) continue;
            if (server.requiresClientCertificate && textAt(server.tls, "insecureSkipVerify") === "true") {
                yield {
                    subject,
                    problem: `${server.path}.tls has mode MUTUAL and insecureSkipVerify, so it accepts certificates of any issuer`,
                    fix: "remove insecureSkipVerify.",
                };
            }
            for (const listed of hosts) {
                if (dnsNamesOf(server).some((name) => serves(name, listed.host)))
                    yield* evaluateServer(subject, server, listed);
            }
        }
    },
});

/**
 * A request for the host can arrive on a connection that was opened for another host, whose handshake
 * requires no certificate. Rules with service accounts are skipped: they are for services, which do not see
 * this handshake.
 */
function* evaluatePolicy(subject: Subject, hosts: readonly CertificateHost[]): Iterable<Violation> {
    if (actionOf(subject) !== "ALLOW") return;
    for (const { path, sources, operations, conditions } of rulesOf(subject)) {
        if (sources.some(({ fields }) => namesServiceAccount(fields))) continue;
        const opened = operations.flatMap(({ fields }) => texts(fields["hosts"]));
        const ofHandshake = conditions.filter(({ key }) => key === "connection.sni");
        // Plain HTTP, which gateways redirect.
        if (ofHandshake.some(({ notValues }) => notValues.includes("*"))) continue;
        const sni = ofHandshake.flatMap(({ values }) => values);
        for (const { host } of hosts) {
            if (!opened.some((pattern) => matchesHost(pattern, host))) continue;
            if (sni.length > 0 && sni.every((name) => name.toLowerCase() === host.toLowerCase())) continue;
            yield {
                subject,
                problem: `${path} allows requests for ${host} on connections that were opened for ${sni.length === 0 ? "any host" : sni.join(", ")}`,
                fix: `add the condition connection.sni with the value ${host}.`,
            };
        }
    }
}

/** A wildcard host of a Gateway matches any name below it. */
function serves(name: string, host: string): boolean {
    return matchesHost(name, host);
}

function* evaluateServer(
    subject: Subject,
    server: GatewayServer,
    { host, authority, sans }: CertificateHost,
): Iterable<Violation> {
    const { path, tls, mode } = server;
    if (!server.requiresClientCertificate) {
        yield {
            subject,
            problem: `${path} serves ${host} with tls.mode ${mode ?? "not set"}, but its clients must present a certificate`,
            fix: `set it to MUTUAL with caCertCredentialName ${authority}.`,
        };
        return;
    }
    const named = textAt(tls, "caCertCredentialName");
    if (named !== authority) {
        yield {
            subject,
            problem: `${path} serves ${host} to clients with certificates of ${named ?? "the CA in its credentialName"}, but the listed CA is ${authority}`,
            fix: `set tls.caCertCredentialName to ${authority}, or list the other CA for this policy.`,
        };
    }
    const names = texts(tls["subjectAltNames"]);
    if ([...names].sort().join() !== [...(sans ?? [])].sort().join()) {
        yield {
            subject,
            problem: `${path} serves ${host} to clients with ${names.length === 0 ? "any subject alternative name" : names.join(", ")}, but ${sans === undefined ? "no names are" : `${sans.join(", ")} is`} listed`,
            fix: "set tls.subjectAltNames to the listed names, or list the others for this policy.",
        };
    }
    const others = dnsNamesOf(server).filter((name) => name.toLowerCase() !== host.toLowerCase());
    if (others.length > 0) {
        yield {
            subject,
            problem: `${path} serves ${host} together with ${others.join(", ")}`,
            fix: `create a separate server for ${host}, so that connections for other hosts cannot reach it.`,
        };
    }
}
