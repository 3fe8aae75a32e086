import { actionOf, AUTHORIZATION, rulesOf } from "../../core/authorization";
import { protocolsBehind } from "../../core/protocols";
import { isNonEmpty, texts } from "../../core/read";
import { each, stackRule } from "../../core/rule";

/** Fields that only match on HTTP ports. */
const HTTP_FIELDS = ["hosts", "notHosts", "methods", "notMethods", "paths", "notPaths"];

export const denyPorts = stackRule<object>({
    name: "access-deny-ports",
    area: "access",
    title: "Every DENY lists ports unless all are HTTP, and no rule uses HTTP fields on a TCP port",
    severity: "high",
    why: "Istio ignores HTTP fields on TCP ports: an ALLOW with them never matches, and a DENY matches every connection",
    remediation:
        "Set `ports` for each operation of a DENY, and use hosts, methods and paths only on HTTP ports.",
    appliesTo: [AUTHORIZATION, "core/Service", "networking.istio.io/Gateway"],
    defaults: {},
    schema: {},
    examples: {
        noncompliant: `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: no-admin, namespace: shop }
spec: { action: DENY, rules: [{ to: [{ operation: { paths: [/admin*] } }] }] }
`,
        compliant: `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: no-admin, namespace: shop }
spec: { action: DENY, rules: [{ to: [{ operation: { ports: ["8080"], paths: [/admin*] } }] }] }
`,
    },
    *evaluateStack(stack) {
        yield* each(stack.all(AUTHORIZATION), function* (subject) {
            const denies = actionOf(subject) === "DENY";
            const protocols = protocolsBehind(stack, subject);
            for (const { operations } of rulesOf(subject)) {
                for (const { path, fields } of operations) {
                    const ports = texts(fields["ports"]);
                    const isHttpAlone =
                        protocols.size > 0 &&
                        [...protocols.values()].every((protocol) => protocol === "http");
                    if (denies && ports.length === 0 && !isNonEmpty(fields["notPorts"]) && !isHttpAlone) {
                        yield {
                            subject,
                            problem: `${path} of a DENY has no ports, so it denies everything on TCP ports`,
                            fix: "add `ports` with the HTTP port numbers.",
                        };
                    }
                    const httpFields = HTTP_FIELDS.filter((field) => isNonEmpty(fields[field]));
                    const tcp = ports.find((port) => protocols.get(port) === "tcp");
                    if (httpFields.length === 0 || tcp === undefined) continue;
                    yield {
                        subject,
                        problem: `${path} uses ${httpFields.join(" and ")} on port ${tcp}, which is a TCP port`,
                        fix: "remove them, or set the appProtocol of the Service's port to http or grpc if that is its protocol.",
                    };
                }
            }
        });
    },
});
