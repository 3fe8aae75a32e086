import {
    actionOf,
    AUTHORIZATION,
    isTargeted,
    namesAccount,
    type Placed,
    rulesOf,
    selectorOf,
} from "../../core/authorization";
import { about, EXCEPTION_FIELDS, type Exception, holds } from "../../core/exceptions";
import { targetsGateway } from "../../core/gateway-proxies";
import { classOf, KUBERNETES_GATEWAY } from "../../core/listeners";
import { isPattern, whyWide } from "../../core/patterns";
import { texts } from "../../core/read";
import { each, type Finding, stackRule } from "../../core/rule";
import { type Subject } from "../../core/subject";
import { type World } from "../../core/world";
import { type PortProtocol, protocolsBehind, servicesBehind } from "../../core/protocols";
import { serversBehind } from "../../core/servers";

interface AllPaths extends Exception {
    /** Who may call by the policy: principals or requestPrincipals, as the policy writes them. Anyone where absent. */
    readonly callers?: readonly string[];
}

interface Config {
    readonly exceptions: readonly AllPaths[];
}

export const allowScope = stackRule<Config>({
    name: "access-allow-scope",
    area: "access",
    title: "Every ALLOW says what for: ports, and on HTTP ports methods and paths",
    severity: "high",
    why: "a caller that may do one thing must not get everything that the workload offers with it, such as its metrics and its administration",
    remedy: "Give each operation `ports`; where the port speaks HTTP or gRPC, `methods` and `paths` too.",
    judges: [AUTHORIZATION, "core/Service", "networking.istio.io/Gateway"],
    defaults: { exceptions: [] },
    schema: {
        exceptions: {
            type: "array",
            description: "policies that may allow every path, each with a reason and its last day",
            items: {
                type: "object",
                additionalProperties: false,
                required: ["namespace", "reason", "until"],
                properties: {
                    namespace: { type: "string" },
                    name: { type: "string", description: "of the policy; any in the namespace where absent" },
                    callers: {
                        type: "array",
                        items: { type: "string" },
                        description:
                            "principals or requestPrincipals to which every source of the policy must keep; anyone where absent",
                    },
                    ...EXCEPTION_FIELDS,
                },
            },
        },
    },
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
            const mayAllPaths = holds(
                about(config, subject).filter((exception) => keepsTo(subject, exception)),
            );
            const mayBeAnyone = isTargeted(subject)
                ? isKubernetesEntry(world, subject)
                : isEntry(world, selectorOf(subject));
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
    const spoken = ports.find((port) => mayBeHttp(protocols, port));
    for (const method of texts(fields["methods"]).filter(isPattern)) {
        yield {
            subject,
            wrong: `${path}.methods has ${JSON.stringify(method)}, which is more than one method`,
            fix: "name each method.",
        };
    }
    for (const value of texts(fields["paths"])) {
        const why = mayAllPaths ? undefined : whyWide(value);
        if (why === undefined) continue;
        yield {
            subject,
            wrong: `${path}.paths has ${JSON.stringify(value)}, which is ${why}`,
            fix: "name the paths that the caller needs; what is below one ends in /* or /{**}. Where it really needs all, list the policy under the exceptions.",
        };
    }
    if (spoken === undefined) return;
    for (const field of ["methods", "paths"]) {
        if (texts(fields[field]).length > 0) continue;
        yield { subject, ...missing(path, field, spoken, protocols.get(spoken)) };
    }
}

function missing(
    path: string,
    field: string,
    port: string,
    protocol: PortProtocol | undefined,
): { readonly wrong: string; readonly fix: string } {
    const add = `add \`${field}\` with those that the caller needs`;
    if (protocol === "http") {
        return {
            wrong: `${path} names no ${field}, though port ${port} speaks HTTP: all ${field} are allowed`,
            fix: `${add}.`,
        };
    }
    const unsaid =
        protocol === undefined
            ? `no Service of what it selects has port ${port}`
            : `the Service does not say what port ${port} speaks`;
    return {
        wrong: `${path} names no ${field}, and ${unsaid}: if it is HTTP, all ${field} are allowed`,
        fix: `${add}; or, if it is not HTTP, give the Service's port the appProtocol tcp.`,
    };
}

/**
 * Whether requests at a port may be HTTP. A port that no Service has is reached by the pod's address; where this stack
 * shows nothing of what a policy selects, the ports are another's to know.
 */
function mayBeHttp(protocols: ReadonlyMap<string, PortProtocol>, port: string): boolean {
    const protocol = protocols.get(port);
    return protocol === undefined ? protocols.size > 0 : protocol === "http" || protocol === "sniffed";
}

/** Whether every source of a policy is one of the callers that an exception names, if it names any. */
function keepsTo(subject: Subject, exception: Exception): boolean {
    const { callers } = exception as AllPaths;
    if (callers === undefined) return true;
    return rulesOf(subject).every(
        ({ sources }) =>
            sources.length > 0 &&
            sources.every(({ fields }) => {
                const named = [...texts(fields["principals"]), ...texts(fields["requestPrincipals"])];
                return named.length > 0 && named.every((caller) => callers.includes(caller));
            }),
    );
}

/** Whether a policy is for a Gateway of Kubernetes' own API that clients outside come to. */
function isKubernetesEntry(world: World, policy: Subject): boolean {
    return world
        .within(policy.namespace, KUBERNETES_GATEWAY)
        .some((gateway) => classOf(world, gateway) === "gateway" && targetsGateway(policy, gateway.name));
}

/** Whether a selector finds a gateway that clients without a certificate of the mesh come to. */
function isEntry(world: World, selector: Readonly<Record<string, string>>): boolean {
    return serversBehind(world, selector).some(({ isMutual }) => !isMutual);
}
