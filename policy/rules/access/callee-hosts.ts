import {
    actionOf,
    AUTHORIZATION,
    type AuthorizationRule,
    type RuleEntry,
    rulesOf,
} from "../../core/authorization";
import { EXCEPTIONS_SCHEMA, isExcepted, NO_EXCEPTIONS, type WithExceptions } from "../../core/exceptions";
import { isPattern, withoutPort } from "../../core/patterns";
import { texts } from "../../core/read";
import { type Violation, objectRule } from "../../core/rule";
import { type Subject } from "../../core/subject";

interface Config extends WithExceptions {
    readonly gateways: readonly string[];
}

export const calleeHosts = objectRule<Config>({
    name: "access-callee-hosts",
    area: "access",
    title: "Services allow gateway calls only for exposed hosts",
    severity: "high",
    why: "all hosts of a gateway share its service account: without `hosts`, the paths that are allowed for one host are also allowed for the others",
    remediation:
        "List the gateways' principals in `gateways`, and set `hosts` in each operation that allows them.",
    appliesTo: [AUTHORIZATION],
    defaults: { ...NO_EXCEPTIONS, gateways: [] },
    schema: {
        exceptions: EXCEPTIONS_SCHEMA,
        gateways: {
            type: "array",
            items: { type: "string" },
            description:
                "principals of gateways that expose several hosts; without them the policy evaluates nothing",
        },
    },
    examples: {
        noncompliant: `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: files-from-gateway, namespace: shop }
spec:
  selector: { matchLabels: { app: files } }
  rules:
    - from: [{ source: { principals: [cluster.local/ns/istio-ingress/sa/istio-ingressgateway] } }]
      to: [{ operation: { ports: ["8080"], methods: [GET], paths: [/public/*] } }]
`,
        compliant: `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: files-from-gateway, namespace: shop }
spec:
  selector: { matchLabels: { app: files } }
  rules:
    - from: [{ source: { principals: [cluster.local/ns/istio-ingress/sa/istio-ingressgateway] } }]
      to: [{ operation: { hosts: [files.example.com, "files.example.com:*"], ports: ["8080"], methods: [GET], paths: [/public/*] } }]
`,
    },
    *evaluate(subject, config) {
        if (actionOf(subject) !== "ALLOW") return;
        for (const rule of rulesOf(subject)) {
            if (!isForGateway(rule, config.gateways) || isExcepted(config, subject)) continue;
            for (const operation of rule.operations.filter(readsHttp)) yield* hosts(subject, operation);
        }
    },
});

function isForGateway({ sources }: AuthorizationRule, gateways: readonly string[]): boolean {
    return sources.some(({ fields }) =>
        texts(fields["principals"]).some((principal) => gateways.includes(principal)),
    );
}

/** An operation on a TCP port has neither methods nor paths, and no host. */
function readsHttp({ fields }: RuleEntry): boolean {
    return texts(fields["methods"]).length > 0 || texts(fields["paths"]).length > 0;
}

function* hosts(subject: Subject, { path, fields }: RuleEntry): Iterable<Violation> {
    const named = texts(fields["hosts"]);
    const wide = named.find((host) => isPattern(withoutPort(host)));
    if (named.length > 0 && wide === undefined) return;
    yield {
        subject,
        problem:
            wide === undefined
                ? `${path} allows a gateway's service account without hosts, so every host of the gateway is allowed`
                : `${path}.hosts has ${JSON.stringify(wide)}, which matches more than one host`,
        fix: "list each exposed host in `hosts`, and again with `:*` for its port.",
    };
}
