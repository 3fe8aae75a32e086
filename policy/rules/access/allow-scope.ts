import {
    actionOf,
    AUTHORIZATION,
    namesAccount,
    type Placed,
    rulesOf,
    selectorOf,
} from "../../core/authorization";
import { EXCEPTIONS_SCHEMA, isExcepted, NO_EXCEPTIONS, type WithExceptions } from "../../core/exceptions";
import { texts } from "../../core/read";
import { each, type Finding, stackRule } from "../../core/rule";
import { type Subject } from "../../core/subject";
import { type World } from "../../core/world";
import { type PortProtocol, protocolsBehind, servicesBehind } from "../../core/protocols";
import { serversBehind } from "../../core/servers";

export const allowScope = stackRule<WithExceptions>({
    name: "access-allow-scope",
    area: "access",
    title: "Every ALLOW says what for: ports, and on HTTP ports methods and paths",
    severity: "high",
    why: "a caller that may do one thing must not get everything that the workload offers with it, such as its metrics and its administration",
    remedy: "Give each operation `ports`; where the port speaks HTTP or gRPC, `methods` and `paths` too.",
    judges: [AUTHORIZATION, "core/Service", "networking.istio.io/Gateway"],
    defaults: NO_EXCEPTIONS,
    schema: { exceptions: { ...EXCEPTIONS_SCHEMA, description: "policies that may allow every path" } },
    examples: {
        refused: `
apiVersion: v1
kind: Service
metadata: { name: carts, namespace: shop }
spec: { selector: { app: carts }, ports: [{ name: http, port: 8080 }] }
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: carts-from-web, namespace: shop }
spec:
  selector: { matchLabels: { app: carts } }
  rules:
    - from: [{ source: { principals: [cluster.local/ns/shop/sa/web] } }]
      to: [{ operation: { ports: ["8080"] } }]
`,
        accepted: `
apiVersion: v1
kind: Service
metadata: { name: carts, namespace: shop }
spec: { selector: { app: carts }, ports: [{ name: http, port: 8080 }] }
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: carts-from-web, namespace: shop }
spec:
  selector: { matchLabels: { app: carts } }
  rules:
    - from: [{ source: { principals: [cluster.local/ns/shop/sa/web] } }]
      to: [{ operation: { ports: ["8080"], methods: [GET], paths: [/carts] } }]
`,
    },
    *judgeStack(world, config) {
        yield* each(world.all(AUTHORIZATION), function* (subject) {
            if (actionOf(subject) !== "ALLOW") return;
            const mayAllPaths = isExcepted(config, subject);
            const mayBeAnyone = isEntry(world, selectorOf(subject));
            const isInside =
                !mayBeAnyone && servicesBehind(world, subject.namespace, selectorOf(subject)).length > 0;
            const protocols = protocolsBehind(world, subject);
            for (const { path, sources, operations } of rulesOf(subject)) {
                if (sources.length === 0 && !mayBeAnyone) {
                    yield {
                        subject,
                        wrong: `${path} has no \`from\`, and what it selects is no gateway for clients outside`,
                        fix: "say `from` whom: `principals` with the service accounts that may call.",
                    };
                }
                const anyone = sources.find(({ fields }) => !namesAccount(fields));
                if (anyone !== undefined && isInside) {
                    yield {
                        subject,
                        wrong: `${anyone.path} names no service account, so every workload that holds a user's token may call`,
                        fix: "add `principals` with the service accounts that may call, beside the token that they must bring.",
                    };
                }
                if (operations.length === 0) {
                    yield {
                        subject,
                        wrong: `${path} has no \`to\`, so its callers may do everything`,
                        fix: "say `to` what: ports, and on HTTP ports methods and paths.",
                    };
                }
                for (const operation of operations) {
                    yield* judgeOperation(subject, operation, protocols, mayAllPaths);
                }
            }
        });
    },
});

function* judgeOperation(
    subject: Subject,
    { path, fields }: Placed,
    protocols: ReadonlyMap<string, PortProtocol>,
    mayAllPaths: boolean,
): Iterable<Finding> {
    const ports = texts(fields["ports"]);
    if (ports.length === 0) {
        yield {
            subject,
            wrong: `${path} names no ports, so it holds for all of them`,
            fix: "add `ports` with the numbers that the workload listens on.",
        };
        return;
    }
    const http = ports.find((port) => ["http", "sniffed"].includes(protocols.get(port) ?? ""));
    if (http === undefined) return;
    const isSniffed = protocols.get(http) === "sniffed";
    for (const field of ["methods", "paths"]) {
        if (texts(fields[field]).length > 0) continue;
        yield {
            subject,
            wrong: isSniffed
                ? `${path} names no ${field}, and the Service does not say what port ${http} speaks: if it is HTTP, all ${field} are allowed`
                : `${path} names no ${field}, though port ${http} speaks HTTP: all ${field} are allowed`,
            fix: isSniffed
                ? `add \`${field}\` with those that the caller needs; or, if it is not HTTP, give the Service's port the appProtocol tcp.`
                : `add \`${field}\` with those that the caller needs.`,
        };
    }
    const everything = texts(fields["paths"]).find((value) => EVERYTHING.test(value));
    if (everything !== undefined && !mayAllPaths) {
        yield {
            subject,
            wrong: `${path}.paths has ${JSON.stringify(everything)}, which is paths of every part of the service`,
            fix: "name the paths that the caller needs. Where it really needs all, list the policy under the exceptions.",
        };
    }
    if (texts(fields["methods"]).includes("*")) {
        yield { subject, wrong: `${path}.methods has "*", which is every method`, fix: "name the methods." };
    }
}

/** Whether a selector finds a gateway that clients without a certificate of the mesh come to. */
function isEntry(world: World, selector: Readonly<Record<string, string>>): boolean {
    return serversBehind(world, selector).some(({ isMutual }) => !isMutual);
}

/** A wildcard where a path begins: what follows it, such as an end, can stand behind anything. */
const EVERYTHING = /^(\*|\/\*|\/\{\*\*?\})/;
