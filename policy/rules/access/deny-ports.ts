import { actionOf, AUTHORIZATION, rulesOf } from "../../core/authorization";
import { protocolsBehind } from "../../core/protocols";
import { says, texts } from "../../core/read";
import { each, stackRule } from "../../core/rule";

/** What only a proxy that reads HTTP can tell. */
const HTTP_FIELDS = ["hosts", "notHosts", "methods", "notMethods", "paths", "notPaths"];

export const denyPorts = stackRule<object>({
    name: "access-deny-ports",
    area: "access",
    title: "DENY names its ports where not all speak HTTP, and no rule asks a TCP port about HTTP",
    severity: "high",
    why: "Istio leaves out what a TCP port cannot know: an ALLOW never fits, and a DENY fits every connection",
    remedy: "Give each operation of a DENY `ports`, and keep hosts, methods and paths to ports that speak HTTP.",
    judges: [AUTHORIZATION, "core/Service", "networking.istio.io/Gateway"],
    defaults: {},
    schema: {},
    examples: {
        refused: `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: no-admin, namespace: shop }
spec: { action: DENY, rules: [{ to: [{ operation: { paths: [/admin*] } }] }] }
`,
        accepted: `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: no-admin, namespace: shop }
spec: { action: DENY, rules: [{ to: [{ operation: { ports: ["8080"], paths: [/admin*] } }] }] }
`,
    },
    *judgeStack(world) {
        yield* each(world.all(AUTHORIZATION), function* (subject) {
            const denies = actionOf(subject) === "DENY";
            const protocols = protocolsBehind(world, subject);
            for (const { operations } of rulesOf(subject)) {
                for (const { path, fields } of operations) {
                    const ports = texts(fields["ports"]);
                    const isHttpAlone =
                        protocols.size > 0 &&
                        [...protocols.values()].every((protocol) => protocol === "http");
                    if (denies && ports.length === 0 && !says(fields["notPorts"]) && !isHttpAlone) {
                        yield {
                            subject,
                            wrong: `${path} of a DENY names no ports, so on TCP ports it denies everything`,
                            fix: "add `ports` with the numbers that speak HTTP.",
                        };
                    }
                    const asked = HTTP_FIELDS.filter((field) => says(fields[field]));
                    const tcp = ports.find((port) => protocols.get(port) === "tcp");
                    if (asked.length === 0 || tcp === undefined) continue;
                    yield {
                        subject,
                        wrong: `${path} asks for ${asked.join(" and ")} on port ${tcp}, which speaks TCP`,
                        fix: "remove them, or give the Service's port an appProtocol of http or grpc if that is what it speaks.",
                    };
                }
            }
        });
    },
});
