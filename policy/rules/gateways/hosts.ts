import { EXCEPTIONS_SCHEMA, isExcepted, NO_EXCEPTIONS, type WithExceptions } from "../../core/exceptions";
import { dnsName } from "../../core/hosts";
import { KUBERNETES_GATEWAY, LISTENER_SETS } from "../../core/listeners";
import { list, says, textAt } from "../../core/read";
import { objectRule } from "../../core/rule";
import { serversOf } from "../../core/servers";
import { isListedWildcard, WILDCARDS_SCHEMA, type WithWildcards } from "../../core/wildcards";

type Config = WithExceptions & WithWildcards;

export const hosts = objectRule<Config>({
    name: "gateways-hosts",
    area: "gateways",
    title: "A Gateway names its proxies, its hosts, and the namespace whose routes may bind to them",
    severity: "high",
    why: "a wildcard serves whatever host a route of any namespace invents; without a selector every gateway's proxies serve it",
    remedy: "Write each host as <namespace>/<host>, and give the Gateway a selector.",
    judges: ["networking.istio.io/Gateway", KUBERNETES_GATEWAY, ...LISTENER_SETS],
    defaults: { ...NO_EXCEPTIONS, wildcards: [] },
    schema: { exceptions: EXCEPTIONS_SCHEMA, wildcards: WILDCARDS_SCHEMA },
    examples: {
        refused: `
apiVersion: networking.istio.io/v1beta1
kind: Gateway
metadata: { name: public, namespace: edge }
spec: { selector: { istio: gateway }, servers: [{ port: { number: 443, name: https, protocol: HTTPS }, hosts: ["*"], tls: { mode: SIMPLE, credentialName: www, minProtocolVersion: TLSV1_2 } }] }
`,
        accepted: `
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: public, namespace: edge }
spec: { selector: { istio: gateway }, servers: [{ port: { number: 443, name: https, protocol: HTTPS }, hosts: [shop/www.example.com], tls: { mode: SIMPLE, credentialName: www, minProtocolVersion: TLSV1_2 } }] }
`,
    },
    *judge(subject, config) {
        if (isExcepted(config, subject)) return;
        if (subject.id !== "networking.istio.io/Gateway") {
            for (const [index, listener] of list(subject.spec["listeners"]).entries()) {
                // A waypoint's listener is for whatever its Services are.
                if (textAt(listener, "protocol") === "HBONE") continue;
                const host = textAt(listener, "hostname");
                if (host !== undefined && (!host.startsWith("*") || isListedWildcard(config, host))) continue;
                yield {
                    subject,
                    wrong: `spec.listeners[${index}].hostname is ${host ?? "not stated, so it is every host"}`,
                    fix: "name the host.",
                };
            }
            return;
        }
        if (!says(subject.spec["selector"])) {
            yield {
                subject,
                wrong: "spec.selector is empty, so the proxies of every gateway serve it",
                fix: "select the gateway's pods by their labels.",
            };
        }
        for (const { path: place, hosts, isRedirect } of serversOf(subject)) {
            for (const host of hosts) {
                const path = `${place}.hosts`;
                if (dnsName(host).startsWith("*") && !isListedWildcard(config, dnsName(host))) {
                    yield {
                        subject,
                        wrong: `${path} has ${JSON.stringify(host)}, a wildcard`,
                        fix: "name each host.",
                    };
                } else if (!isRedirect && (!host.includes("/") || host.startsWith("*/"))) {
                    yield {
                        subject,
                        wrong: `${path} has ${JSON.stringify(host)}, to which routes of any namespace may bind`,
                        fix: `write <namespace>/${dnsName(host)} with the namespace of its VirtualService ("./" for the Gateway's own).`,
                    };
                }
            }
        }
    },
});
