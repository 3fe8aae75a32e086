import { AUTHORIZATION, actionOf, namesAccount, rulesOf } from "../../core/authorization";
import { matchesHost } from "../../core/matching";
import { textAt, texts } from "../../core/read";
import { type Finding, objectRule } from "../../core/rule";
import { dnsNamesOf, type Server, serversOf } from "../../core/servers";
import { type Subject } from "../../core/subject";

interface Certified {
    readonly host: string;
    readonly authority: string;
    readonly sans?: readonly string[];
}

interface Config {
    readonly hosts: readonly Certified[];
}

export const clientCertificates = objectRule<Config>({
    name: "gateways-client-certificates",
    area: "gateways",
    title: "A host that demands client certificates demands them of every client, of the listed authority",
    severity: "critical",
    why: "OPTIONAL_MUTUAL lets in who has no certificate, and a service that reads x-forwarded-client-cert takes the next client for a device",
    remedy: "Keep tls.mode MUTUAL with the listed caCertCredentialName and subjectAltNames, in a server of that host alone, and connection.sni of that host in the gateway's ALLOW.",
    judges: ["networking.istio.io/Gateway", AUTHORIZATION],
    defaults: { hosts: [] },
    schema: {
        hosts: {
            type: "array",
            description: "hosts whose clients present a certificate",
            items: {
                type: "object",
                additionalProperties: false,
                required: ["host", "authority"],
                properties: {
                    host: { type: "string" },
                    authority: { type: "string", description: "as tls.caCertCredentialName has it" },
                    sans: {
                        type: "array",
                        items: { type: "string" },
                        description:
                            "the names of which a certificate has one; any certificate of the authority where absent",
                    },
                },
            },
        },
    },
    examples: {
        refused: `
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
        accepted: `
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
    *judge(subject, { hosts }) {
        if (subject.kind === "AuthorizationPolicy") {
            yield* judgePolicy(subject, hosts);
            return;
        }
        for (const server of serversOf(subject)) {
            if (server.isRedirect) continue;
            if (server.takesCertificates && textAt(server.tls, "insecureSkipVerify") === "true") {
                yield {
                    subject,
                    wrong: `${server.path}.tls has mode MUTUAL and insecureSkipVerify, so that it takes certificates of whoever signed them`,
                    fix: "remove insecureSkipVerify.",
                };
            }
            for (const listed of hosts) {
                if (dnsNamesOf(server).some((name) => serves(name, listed.host)))
                    yield* judgeServer(subject, server, listed);
            }
        }
    },
});

/**
 * A request for the host may come over a connection that was opened for another host, whose handshake demands no certificate. Rules for
 * accounts stand at services, which see no such handshake.
 */
function* judgePolicy(subject: Subject, hosts: readonly Certified[]): Iterable<Finding> {
    if (actionOf(subject) !== "ALLOW") return;
    for (const { path, sources, operations, conditions } of rulesOf(subject)) {
        if (sources.some(({ fields }) => namesAccount(fields))) continue;
        const opened = operations.flatMap(({ fields }) => texts(fields["hosts"]));
        const ofHandshake = conditions.filter(({ key }) => key === "connection.sni");
        // Without TLS, where gateways redirect.
        if (ofHandshake.some(({ notValues }) => notValues.includes("*"))) continue;
        const sni = ofHandshake.flatMap(({ values }) => values);
        for (const { host } of hosts) {
            if (!opened.some((pattern) => matchesHost(pattern, host))) continue;
            if (sni.length > 0 && sni.every((name) => name.toLowerCase() === host.toLowerCase())) continue;
            yield {
                subject,
                wrong: `${path} allows requests for ${host} over connections that were opened for ${sni.length === 0 ? "any host" : sni.join(", ")}`,
                fix: `add the condition connection.sni with the value ${host}.`,
            };
        }
    }
}

/** Of a Gateway's hosts, a wildcard stands for any name below it. */
function serves(name: string, host: string): boolean {
    return matchesHost(name, host);
}

function* judgeServer(
    subject: Subject,
    server: Server,
    { host, authority, sans }: Certified,
): Iterable<Finding> {
    const { path, tls, mode } = server;
    if (!server.takesCertificates) {
        yield {
            subject,
            wrong: `${path} serves ${host} with tls.mode ${mode ?? "not stated"}, and its clients must present a certificate`,
            fix: `set it to MUTUAL with caCertCredentialName ${authority}.`,
        };
        return;
    }
    const named = textAt(tls, "caCertCredentialName");
    if (named !== authority) {
        yield {
            subject,
            wrong: `${path} serves ${host} to clients with certificates of ${named ?? "whatever CA its credentialName has"}, and ${authority} is listed`,
            fix: `set tls.caCertCredentialName to ${authority}, or list the other authority for this policy.`,
        };
    }
    const names = texts(tls["subjectAltNames"]);
    if ([...names].sort().join() !== [...(sans ?? [])].sort().join()) {
        yield {
            subject,
            wrong: `${path} serves ${host} to clients named ${names.length === 0 ? "in any way" : names.join(", ")}, and ${sans === undefined ? "any name is" : `${sans.join(", ")} are`} listed`,
            fix: "set tls.subjectAltNames to the listed names, or list the others for this policy.",
        };
    }
    const others = dnsNamesOf(server).filter((name) => name.toLowerCase() !== host.toLowerCase());
    if (others.length > 0) {
        yield {
            subject,
            wrong: `${path} serves ${host} together with ${others.join(", ")}`,
            fix: `give ${host} a server of its own, so that no other host's connection leads to it.`,
        };
    }
}
