import {
    actionOf,
    AUTHORIZATION,
    type AuthorizationRule,
    type Placed,
    rulesOf,
} from "../../core/authorization";
import { EXCEPTIONS_SCHEMA, isExcepted, NO_EXCEPTIONS, type WithExceptions } from "../../core/exceptions";
import { isPattern, withoutPort } from "../../core/patterns";
import { texts } from "../../core/read";
import { type Finding, objectRule } from "../../core/rule";
import { type Subject } from "../../core/subject";

interface Config extends WithExceptions {
    readonly gateways: readonly string[];
}

export const calleeHosts = objectRule<Config>({
    name: "access-callee-hosts",
    area: "access",
    title: "What a gateway may call is allowed under the exposed host",
    severity: "high",
    why: "two exposures of one service at one gateway share its account: without the host, the paths of the open one are a way to the paths of the other",
    remedy: "List the gateways' accounts in `gateways`, and name `hosts` in each operation that a service allows them.",
    judges: [AUTHORIZATION],
    defaults: { ...NO_EXCEPTIONS, gateways: [] },
    schema: {
        exceptions: EXCEPTIONS_SCHEMA,
        gateways: {
            type: "array",
            items: { type: "string" },
            description:
                "the principals of gateways that serve several exposures; nothing is judged without them",
        },
    },
    examples: {
        refused: `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: files-from-gateway, namespace: shop }
spec:
  selector: { matchLabels: { app: files } }
  rules:
    - from: [{ source: { principals: [cluster.local/ns/istio-ingress/sa/istio-ingressgateway] } }]
      to: [{ operation: { ports: ["8080"], methods: [GET], paths: [/public/*] } }]
`,
        accepted: `
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
    *judge(subject, config) {
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

/** An operation on a port of bytes has neither methods nor paths, and no host. */
function readsHttp({ fields }: Placed): boolean {
    return texts(fields["methods"]).length > 0 || texts(fields["paths"]).length > 0;
}

function* hosts(subject: Subject, { path, fields }: Placed): Iterable<Finding> {
    const named = texts(fields["hosts"]);
    const wide = named.find((host) => isPattern(withoutPort(host)));
    if (named.length > 0 && wide === undefined) return;
    yield {
        subject,
        wrong:
            wide === undefined
                ? `${path} allows a gateway's account without naming hosts, so every exposure of the gateway has it`
                : `${path}.hosts has ${JSON.stringify(wide)}, which matches more than one host`,
        fix: "name in `hosts` each exposed host in full, and again with `:*` for its port.",
    };
}
