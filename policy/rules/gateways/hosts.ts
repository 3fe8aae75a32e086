import { EXCEPTIONS_SCHEMA, isExcepted, NO_EXCEPTIONS, type WithExceptions } from "../../core/exceptions";
import { dnsName } from "../../core/hosts";
import { KUBERNETES_GATEWAY, LISTENER_SETS } from "../../core/listeners";
import { list, isNonEmpty, textAt } from "../../core/read";
import { objectRule } from "../../core/rule";
import { serversOf } from "../../core/servers";
import { isListedWildcard, WILDCARDS_SCHEMA, type WithWildcards } from "../../core/wildcards";

type Config = WithExceptions & WithWildcards;

export const hosts = objectRule<Config>({
    name: "gateways-hosts",
    area: "gateways",
    title: "Every Gateway lists its proxies, its hosts, and the namespace whose routes may bind to them",
    severity: "high",
    why: "with a wildcard, a route of any namespace can add hosts; without a selector, the proxies of every gateway serve it",
    remediation: "Write each host as <namespace>/<host>, and set the Gateway's selector.",
    appliesTo: ["networking.istio.io/Gateway", KUBERNETES_GATEWAY, ...LISTENER_SETS],
    defaults: { ...NO_EXCEPTIONS, wildcards: [] },
    schema: { exceptions: EXCEPTIONS_SCHEMA, wildcards: WILDCARDS_SCHEMA },
    examples: {
        noncompliant: `
apiVersion: networking.istio.io/v1beta1
kind: Gateway
metadata: { name: public, namespace: edge }
spec: { selector: { istio: gateway }, servers: [{ port: { number: 443, name: https, protocol: HTTPS }, hosts: ["*"], tls: { mode: SIMPLE, credentialName: www, minProtocolVersion: TLSV1_2 } }] }
`,
        compliant: `
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: public, namespace: edge }
spec: { selector: { istio: gateway }, servers: [{ port: { number: 443, name: https, protocol: HTTPS }, hosts: [shop/www.example.com], tls: { mode: SIMPLE, credentialName: www, minProtocolVersion: TLSV1_2 } }] }
`,
    },
    *evaluate(subject, config) {
        if (isExcepted(config, subject)) return;
        if (subject.id !== "networking.istio.io/Gateway") {
            for (const [index, listener] of list(subject.spec["listeners"]).entries()) {
                // A waypoint's listener serves its Services.
                if (textAt(listener, "protocol") === "HBONE") continue;
                const host = textAt(listener, "hostname");
                if (host !== undefined && (!host.startsWith("*") || isListedWildcard(config, host))) continue;
                yield {
                    subject,
                    problem: `spec.listeners[${index}].hostname is ${host ?? "not set, so it matches every host"}`,
                    fix: "set the full host name.",
                };
            }
            return;
        }
        if (!isNonEmpty(subject.spec["selector"])) {
            yield {
                subject,
                problem: "spec.selector is empty, so the proxies of every gateway serve it",
                fix: "select the gateway's pods by their labels.",
            };
        }
        for (const { path: place, hosts, isRedirect } of serversOf(subject)) {
            for (const host of hosts) {
                const path = `${place}.hosts`;
                if (dnsName(host).startsWith("*") && !isListedWildcard(config, dnsName(host))) {
                    yield {
                        subject,
                        problem: `${path} has the wildcard ${JSON.stringify(host)}`,
                        fix: "list each host.",
                    };
                } else if (!isRedirect && (!host.includes("/") || host.startsWith("*/"))) {
                    yield {
                        subject,
                        problem: `${path} has ${JSON.stringify(host)}, to which routes of any namespace can bind`,
                        fix: `use <namespace>/${dnsName(host)} with the namespace of its VirtualService ("./" for the namespace of the Gateway).`,
                    };
                }
            }
        }
    },
});
