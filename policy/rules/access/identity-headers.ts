import { EXCEPTIONS_SCHEMA, type Exception, isExcepted, NO_EXCEPTIONS } from "../../core/exceptions";
import { routingRules, ROUTERS } from "../../core/routing";
import { headerName } from "../../core/routing-rule";
import { each, type Findings, guarded, stackRule } from "../../core/rule";
import { isSelfService, type Output, outputsOf, REQUEST_AUTHENTICATION, RESERVED } from "./token-outputs";

interface Config {
    readonly exceptions: readonly Exception[];
    readonly headers: readonly { readonly header: string; readonly claim: string }[];
    readonly issuers: readonly string[];
}

export const identityHeaders = stackRule<Config>({
    name: "access-identity-headers",
    area: "access",
    title: "Headers that say who a request is from come from verified tokens alone, by the claims that are meant",
    severity: "critical",
    why: "services believe such a header: who may choose its value is any tenant, with any role",
    remedy: "Write the headers only by outputClaimToHeaders, from claims that the issuer decides; list headers, claims and issuers for this policy.",
    judges: [REQUEST_AUTHENTICATION, ...ROUTERS],
    defaults: { ...NO_EXCEPTIONS, headers: [], issuers: [] },
    schema: {
        exceptions: EXCEPTIONS_SCHEMA,
        headers: {
            type: "array",
            description:
                "every header that is made of a claim; whatever the stack's tokens write where none is listed",
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
            description: "whose tokens count anywhere in the mesh; any issuer where none is listed",
        },
    },
    examples: {
        refused: `
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
        accepted: `
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
    *judgeStack(world, config) {
        const outputs = world.ask("headers of tokens", world.all(REQUEST_AUTHENTICATION), outputsOf);
        yield* each(world.all(REQUEST_AUTHENTICATION), function* (subject) {
            if (isExcepted(config, subject)) return;
            const seen = new Set<string>();
            for (const output of outputs.filter((one) => one.subject === subject)) {
                if (!seen.has(output.rule)) yield* judgeIssuer(output, config);
                seen.add(output.rule);
                yield* judgeOutput(output, outputs, config);
            }
        });
        const told = new Set([
            ...config.headers.map(({ header }) => headerName(header)),
            ...outputs.map(({ header }) => header).filter((header) => header !== undefined),
        ]);
        for (const { subject, headers } of routingRules(world)) {
            yield* guarded(subject, function* () {
                if (isExcepted(config, subject)) return;
                for (const { path, name, value } of headers) {
                    const why = told.has(name)
                        ? "who a request is from, which tokens alone say"
                        : RESERVED.get(name);
                    if (why === undefined) continue;
                    yield {
                        subject,
                        wrong: `${path} writes ${name} as ${JSON.stringify(value)}: the header says ${why}`,
                        fix: "remove it; what is known of the caller comes from its token or its certificate.",
                    };
                }
            });
        }
    },
});

function* judgeIssuer({ subject, rule, issuer }: Output, { issuers }: Config): Findings {
    if (issuers.length === 0 || issuers.includes(issuer)) return;
    yield {
        subject,
        wrong: `${rule}.issuer is ${issuer === "" ? "not stated" : JSON.stringify(issuer)}, and ${issuers.join(" and ")} alone issues tokens for this mesh`,
        fix: "remove the rule, or list the issuer for this policy.",
    };
}

function* judgeOutput(output: Output, all: readonly Output[], { headers }: Config): Findings {
    const { subject, path, header, claim, issuer } = output;
    if (header === undefined) return;
    const what = claim === undefined ? "the whole of the token" : `the claim ${claim}`;
    const reserved = RESERVED.get(header);
    const listed = headers.find((one) => headerName(one.header) === header);
    const other = all.find((one) => one.header === header && one.claim !== claim);
    if (reserved !== undefined) {
        yield {
            subject,
            wrong: `${path} writes ${header} from ${what}: the header says ${reserved}`,
            fix: "choose another header.",
        };
    } else if (headers.length > 0 && listed?.claim !== claim) {
        yield {
            subject,
            wrong: `${path} writes ${header} from ${what}, and ${listed === undefined ? "the header is not listed" : `it is to come from ${listed.claim}`}`,
            fix:
                listed === undefined
                    ? "remove it, or list header and claim for this policy."
                    : `take it from ${listed.claim}.`,
        };
    } else if (headers.length === 0 && other !== undefined) {
        yield {
            subject,
            wrong: `${path} writes ${header} from ${what} of ${issuer}, and ${other.subject.key} from ${other.claim ?? "the whole of the token"} of ${other.issuer}`,
            fix: "have one claim for one header, or list the headers and their claims for this policy.",
        };
    } else if (claim !== undefined && isSelfService(claim, header)) {
        yield {
            subject,
            wrong: `${path} writes ${header} from the claim ${claim}, which users choose for themselves`,
            fix: "take it from a claim that the issuer decides.",
        };
    }
}
