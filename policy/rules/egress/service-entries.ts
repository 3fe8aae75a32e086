import { EXCEPTIONS_SCHEMA, isExcepted, NO_EXCEPTIONS, type WithExceptions } from "../../core/exceptions";
import { ONE_PARTYS, tooWide } from "../../core/networks";
import { list, texts, textAt } from "../../core/read";
import { objectRule } from "../../core/rule";

/** Ports whose traffic tells the host's name, so that a wildcard still means these hosts. */
const NAMED: ReadonlySet<string> = new Set(["HTTPS", "TLS"]);

export const serviceEntries = objectRule<WithExceptions>({
    name: "egress-service-entries",
    area: "egress",
    title: "A ServiceEntry names its hosts",
    severity: "high",
    why: "a wildcard, or a whole network, lets out whatever a compromised workload wants to say to it",
    remedy: "List the hosts. A wildcard is for TLS under a domain that one party owns.",
    judges: ["networking.istio.io/ServiceEntry"],
    defaults: NO_EXCEPTIONS,
    schema: { exceptions: EXCEPTIONS_SCHEMA },
    examples: {
        refused: `
apiVersion: networking.istio.io/v1alpha3
kind: ServiceEntry
metadata: { name: anywhere, namespace: shop }
spec: { hosts: ["*.example.com"], exportTo: ["."], location: MESH_EXTERNAL, resolution: NONE, ports: [{ number: 5432, name: tcp, protocol: TCP }] }
`,
        accepted: `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: mail, namespace: shop }
spec: { hosts: [smtp.example.com], exportTo: ["."], location: MESH_EXTERNAL, resolution: DNS, ports: [{ number: 465, name: tls, protocol: TLS }] }
`,
    },
    *judge(subject, config) {
        if (isExcepted(config, subject)) return;
        const protocols = list(subject.spec["ports"]).map((port) =>
            (textAt(port, "protocol") ?? "TCP").toUpperCase(),
        );
        for (const host of texts(subject.spec["hosts"])) {
            if (!host.startsWith("*")) continue;
            const loose = protocols.find((protocol) => !NAMED.has(protocol));
            if (host.split(".").length > 2 && loose === undefined) continue;
            yield {
                subject,
                wrong:
                    loose === undefined || host.split(".").length <= 2
                        ? `spec.hosts has ${JSON.stringify(host)}, which is more than one party's`
                        : `spec.hosts has ${JSON.stringify(host)} with a port of ${loose}, whose traffic does not tell the host`,
                fix: "list the hosts that are meant.",
            };
        }
        const wide = tooWide(texts(subject.spec["addresses"]), ONE_PARTYS);
        if (wide.length === 0) return;
        yield {
            subject,
            wrong: `spec.addresses has ${wide.slice(0, 3).join(", ")}${wide.length > 3 ? ` and ${wide.length - 3} more` : ""}, which are whole networks or more than one party's together`,
            fix: "name the addresses of the hosts, or leave them to Istio.",
        };
    },
});
