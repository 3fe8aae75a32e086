/** Exposures that share a gateway's account, and issuers by pattern: two policies, of which one knows the stack's gateways. */
import { accepts, refuses } from "./judge";

const ACCOUNT = "cluster.local/ns/edge/sa/gateway";

const policy = (rule: string): string =>
    `{ apiVersion: security.istio.io/v1, kind: AuthorizationPolicy, metadata: { name: a, namespace: shop }, spec: { rules: [${rule}] } }`;
const fromGateway = policy(
    `{ from: [{ source: { principals: ["${ACCOUNT}"] } }], to: [{ operation: { methods: [GET], paths: [/v1] } }] }`,
);
const byIssuer = (values: string): string =>
    policy(`{ when: [{ key: "request.auth.claims[iss]", values: [${values}] }] }`);

describe("what a gateway may call", () => {
    refuses("access-callee-hosts", [
        { what: "a listed gateway without a host", yaml: fromGateway, config: { gateways: [ACCOUNT] } },
    ]);
    accepts("access-callee-hosts", [
        { what: "a gateway of a stack that lists none", yaml: fromGateway },
        { what: "an issuer by a pattern, which is no matter of hosts", yaml: byIssuer('"https://a*"') },
    ]);
    refuses("access-tokens", [
        {
            what: "an issuer by its beginning",
            yaml: byIssuer('"https://login.example.com*"'),
            names: /rules\[0\]/,
        },
        { what: "any issuer, beside one in full", yaml: byIssuer('"https://login.example.com", "*"') },
    ]);
    accepts("access-tokens", [
        { what: "issuers in full", yaml: byIssuer('"https://login.example.com", "https://b.example.com"') },
    ]);
});
