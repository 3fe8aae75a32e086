import {
    actionOf,
    AUTHORIZATION,
    hasTargetRef,
    namesServiceAccount,
    type RuleEntry,
    rulesOf,
    selectorOf,
} from "../../core/authorization";
import { exceptionsFor, exceptionList, type Exception, anyInForce } from "../../core/exceptions";
import { targetsGateway } from "../../core/gateway-proxies";
import { classOf, KUBERNETES_GATEWAY } from "../../core/listeners";
import { isPattern, whyWide } from "../../core/patterns";
import { texts } from "../../core/read";
import { each, type Violation, stackRule } from "../../core/rule";
import { type Subject } from "../../core/subject";
import { type StackResources } from "../../core/stack-resources";
import { type PortProtocol, protocolsBehind, servicesBehind } from "../../core/protocols";
import { serversBehind } from "../../core/servers";

interface AllPaths extends Exception {
    /**
     * Allowed callers of the policy: principals or requestPrincipals, as written in the policy. Any caller if
     * absent.
     */
    readonly callers?: readonly string[];
}

interface Config {
    readonly exceptions: readonly AllPaths[];
}

export const allowScope = stackRule<Config>({
    name: "access-allow-scope",
    area: "access",
    title: "Every ALLOW is limited to ports, and on HTTP ports to methods and paths",
    severity: "high",
    why: "a caller that needs one operation must not get everything else that the workload serves, such as its metrics and its admin endpoints",
    remediation: "Set `ports` for each operation, and on HTTP and gRPC ports `methods` and `paths` too.",
    appliesTo: [AUTHORIZATION, "core/Service", "networking.istio.io/Gateway"],
    defaults: { exceptions: [] },
    schema: {
        exceptions: exceptionList(
            "policies that may allow every path, each with a reason and an end date",
            { namespace: { type: "string" } },
            {
                name: {
                    type: "string",
                    description: "name of the policy; any in the namespace if absent",
                },
                callers: {
                    type: "array",
                    items: { type: "string" },
                    description:
                        "the only principals or requestPrincipals that the policy's sources may contain; any caller if absent",
                },
            },
        ),
    },
    examples: {
        noncompliant: `
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
        compliant: `
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
    *evaluateStack(stack, config) {
        yield* each(stack.all(AUTHORIZATION), function* (subject) {
            if (actionOf(subject) !== "ALLOW") return;
            const allowsAllPaths = anyInForce(
                exceptionsFor(config, subject).filter((exception) => isLimitedTo(subject, exception)),
            );
            const isPublicGateway = hasTargetRef(subject)
                ? isKubernetesEntry(stack, subject)
                : isEntry(stack, selectorOf(subject));
            const isInside =
                !isPublicGateway && servicesBehind(stack, subject.namespace, selectorOf(subject)).length > 0;
            const protocols = protocolsBehind(stack, subject);
            for (const { path, sources, operations } of rulesOf(subject)) {
                if (sources.length === 0 && !isPublicGateway) {
                    yield {
                        subject,
                        problem: `${path} has no \`from\`, and the selected workload is not an ingress gateway`,
                        fix: "add `from` with the `principals` of the service accounts that may call.",
                    };
                }
                const anyone = sources.find(({ fields }) => !namesServiceAccount(fields));
                if (anyone !== undefined && isInside) {
                    yield {
                        subject,
                        problem: `${anyone.path} names no service account, so every workload that holds a user's token may call`,
                        fix: "add `principals` with the service accounts that may call, in addition to the token.",
                    };
                }
                if (operations.length === 0) {
                    yield {
                        subject,
                        problem: `${path} has no \`to\`, so its callers are allowed every operation`,
                        fix: "add `to` with ports, and on HTTP ports methods and paths.",
                    };
                }
                for (const operation of operations) {
                    yield* evaluateOperation(subject, operation, protocols, allowsAllPaths);
                }
            }
        });
    },
});

function* evaluateOperation(
    subject: Subject,
    { path, fields }: RuleEntry,
    protocols: ReadonlyMap<string, PortProtocol>,
    allowsAllPaths: boolean,
): Iterable<Violation> {
    const ports = texts(fields["ports"]);
    if (ports.length === 0) {
        yield {
            subject,
            problem: `${path} has no ports, so it applies to all of them`,
            fix: "add `ports` with the port numbers of the workload.",
        };
        return;
    }
    const httpPort = ports.find((port) => mayBeHttp(protocols, port));
    for (const method of texts(fields["methods"]).filter(isPattern)) {
        yield {
            subject,
            problem: `${path}.methods has ${JSON.stringify(method)}, which matches more than one method`,
            fix: "list each method.",
        };
    }
    for (const value of texts(fields["paths"])) {
        const why = allowsAllPaths ? undefined : whyWide(value);
        if (why === undefined) continue;
        yield {
            subject,
            problem: `${path}.paths has ${JSON.stringify(value)}, which matches ${why}`,
            fix: "list the paths that the caller needs, with /* or /{**} at the end for everything below. If it needs all paths, add the policy to the exceptions.",
        };
    }
    if (httpPort === undefined) return;
    for (const field of ["methods", "paths"]) {
        if (texts(fields[field]).length > 0) continue;
        yield { subject, ...missing(path, field, httpPort, protocols.get(httpPort)) };
    }
}

function missing(
    path: string,
    field: string,
    port: string,
    protocol: PortProtocol | undefined,
): { readonly problem: string; readonly fix: string } {
    const add = `add \`${field}\` that the caller needs`;
    if (protocol === "http") {
        return {
            problem: `${path} has no ${field} on the HTTP port ${port}, so all ${field} are allowed`,
            fix: `${add}.`,
        };
    }
    const protocolProblem =
        protocol === undefined
            ? `no Service of the selected pods has port ${port}`
            : `the Service declares no protocol for port ${port}`;
    return {
        problem: `${path} has no ${field}, and ${protocolProblem}: if it is HTTP, all ${field} are allowed`,
        fix: `${add}. If it is not HTTP, set the appProtocol of the Service's port to tcp.`,
    };
}

/**
 * Whether a port may receive HTTP requests. A port without a Service is reachable by the pod's address. If no
 * Service or Gateway of the selected pods is in this stack, the protocols are not known here.
 */
function mayBeHttp(protocols: ReadonlyMap<string, PortProtocol>, port: string): boolean {
    const protocol = protocols.get(port);
    return protocol === undefined ? protocols.size > 0 : protocol === "http" || protocol === "sniffed";
}

/** Whether every source of a policy is among the callers of an exception; true if the exception lists none. */
function isLimitedTo(subject: Subject, exception: Exception): boolean {
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

/** Whether a policy applies to a Gateway API Gateway with clients outside the mesh. */
function isKubernetesEntry(stack: StackResources, policy: Subject): boolean {
    return stack
        .within(policy.namespace, KUBERNETES_GATEWAY)
        .some((gateway) => classOf(stack, gateway) === "gateway" && targetsGateway(policy, gateway.name));
}

/** Whether a selector matches a gateway that accepts clients without a mesh certificate. */
function isEntry(stack: StackResources, selector: Readonly<Record<string, string>>): boolean {
    return serversBehind(stack, selector).some(({ isIstioMutual }) => !isIstioMutual);
}
