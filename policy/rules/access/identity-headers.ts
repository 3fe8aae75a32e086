import { EXCEPTIONS_SCHEMA, type Exception, isExcepted, NO_EXCEPTIONS } from "../../core/exceptions";
import { routingRules, ROUTERS } from "../../core/routing";
import { headerName } from "../../core/routing-rule";
import { each, type Violations, guarded, stackRule } from "../../core/rule";
import { isSelfService, type Output, outputsOf, REQUEST_AUTHENTICATION, RESERVED } from "./token-outputs";

interface Config {
    readonly exceptions: readonly Exception[];
    readonly headers: readonly { readonly header: string; readonly claim: string }[];
    readonly issuers: readonly string[];
}

export const identityHeaders = stackRule<Config>({
    name: "access-identity-headers",
    area: "access",
    title: "Identity headers come only from verified tokens and from the intended claims",
    severity: "critical",
    why: "services trust these headers: a client that can set one can act as any tenant with any role",
    remediation:
        "Set the headers only with outputClaimToHeaders, from claims that the issuer controls. List headers, claims and issuers for this policy.",
    appliesTo: [REQUEST_AUTHENTICATION, ...ROUTERS],
    defaults: { ...NO_EXCEPTIONS, headers: [], issuers: [] },
    schema: {
        exceptions: EXCEPTIONS_SCHEMA,
        headers: {
            type: "array",
            description:
                "every header that is set from a claim; without entries, all headers that the stack's RequestAuthentications set",
            items: {
                type: "object",
                additionalProperties: false,
                required: ["header", "claim"],
                properties: { header: { type: "string" }, claim: { type: "string" } },
            },
        },
        issuers: {
            type: "array",
            items: { type: "string" },
            description: "issuers whose tokens are accepted in the mesh; any issuer if empty",
        },
    },
    examples: {
        noncompliant: `
apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: { name: tokens, namespace: edge }
spec:
  selector: { matchLabels: { istio: gateway } }
  jwtRules: [{ issuer: https://login.example.com, audiences: [shop], jwks: "{}", outputClaimToHeaders: [{ header: x-tenant, claim: nickname }] }]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: carts, namespace: shop }
spec:
  hosts: [carts]
  exportTo: ["."]
  http: [{ timeout: 1s, headers: { request: { set: { X-Tenant: "%REQ(x-debug-tenant)%" } } }, route: [{ destination: { host: carts } }] }]
`,
        compliant: `
apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: { name: tokens, namespace: edge }
spec:
  selector: { matchLabels: { istio: gateway } }
  jwtRules: [{ issuer: https://login.example.com, audiences: [shop], jwks: "{}", outputClaimToHeaders: [{ header: x-tenant, claim: tenant }] }]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: carts, namespace: shop }
spec:
  hosts: [carts]
  exportTo: ["."]
  http: [{ timeout: 1s, headers: { request: { set: { x-route: a }, remove: [x-tenant] } }, route: [{ destination: { host: carts } }] }]
`,
    },
    *evaluateStack(stack, config) {
        const outputs = stack.collect("headers of tokens", stack.all(REQUEST_AUTHENTICATION), outputsOf);
        yield* each(stack.all(REQUEST_AUTHENTICATION), function* (subject) {
            if (isExcepted(config, subject)) return;
            const seen = new Set<string>();
            for (const output of outputs.filter((one) => one.subject === subject)) {
                if (!seen.has(output.rule)) yield* evaluateIssuer(output, config);
                seen.add(output.rule);
                yield* evaluateOutput(output, outputs, config);
            }
        });
        const handledHeaders = new Set([
            ...config.headers.map(({ header }) => headerName(header)),
            ...outputs.map(({ header }) => header).filter((header) => header !== undefined),
        ]);
        for (const { subject, headers } of routingRules(stack)) {
            yield* guarded(subject, function* () {
                if (isExcepted(config, subject)) return;
                for (const { path, name, value } of headers) {
                    const why = handledHeaders.has(name)
                        ? "the identity of the caller, which must come from a token"
                        : RESERVED.get(name);
                    if (why === undefined) continue;
                    yield {
                        subject,
                        problem: `${path} sets ${name} to ${JSON.stringify(value)}: the header states ${why}`,
                        fix: "remove it. The caller's identity must come from its token or its certificate.",
                    };
                }
            });
        }
    },
});

function* evaluateIssuer({ subject, rule, issuer }: Output, { issuers }: Config): Violations {
    if (issuers.length === 0 || issuers.includes(issuer)) return;
    yield {
        subject,
        problem: `${rule}.issuer is ${issuer === "" ? "not set" : JSON.stringify(issuer)}, and only ${issuers.join(" and ")} issues tokens for this mesh`,
        fix: "remove the rule, or list the issuer for this policy.",
    };
}

function* evaluateOutput(output: Output, all: readonly Output[], { headers }: Config): Violations {
    const { subject, path, header, claim, issuer } = output;
    if (header === undefined) return;
    const what = claim === undefined ? "the whole token" : `the claim ${claim}`;
    const reserved = RESERVED.get(header);
    const listed = headers.find((one) => headerName(one.header) === header);
    const other = all.find((one) => one.header === header && one.claim !== claim);
    if (reserved !== undefined) {
        yield {
            subject,
            problem: `${path} sets ${header} from ${what}: the header states ${reserved}`,
            fix: "use another header.",
        };
    } else if (headers.length > 0 && listed?.claim !== claim) {
        yield {
            subject,
            problem: `${path} sets ${header} from ${what}, but ${listed === undefined ? "the header is not listed" : `its listed claim is ${listed.claim}`}`,
            fix:
                listed === undefined
                    ? "remove it, or list the header and its claim for this policy."
                    : `set it from ${listed.claim}.`,
        };
    } else if (headers.length === 0 && other !== undefined) {
        yield {
            subject,
            problem: `${path} sets ${header} from ${what} of ${issuer}, and ${other.subject.key} sets it from ${other.claim ?? "the whole token"} of ${other.issuer}`,
            fix: "use the same claim for a header everywhere, or list the headers and their claims for this policy.",
        };
    } else if (claim !== undefined && isSelfService(claim, header)) {
        yield {
            subject,
            problem: `${path} sets ${header} from the claim ${claim}, which users can edit themselves`,
            fix: "use a claim that the issuer controls.",
        };
    }
}
