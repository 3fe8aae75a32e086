/** Exposures that share a gateway's service account, and issuers by pattern. */
import { itAccepts, itRejects } from "./assertions";

const ACCOUNT = "cluster.local/ns/edge/sa/gateway";

const policy = (rule: string): string =>
    `{ apiVersion: security.istio.io/v1, kind: AuthorizationPolicy, metadata: { name: a, namespace: shop }, spec: { rules: [${rule}] } }`;
const fromGateway = policy(
    `{ from: [{ source: { principals: ["${ACCOUNT}"] } }], to: [{ operation: { methods: [GET], paths: [/v1] } }] }`,
);
const byIssuer = (values: string): string =>
    policy(`{ when: [{ key: "request.auth.claims[iss]", values: [${values}] }] }`);

describe("allowed callees of a gateway", () => {
    itRejects("access-callee-hosts", [
        { what: "a listed gateway without a host", yaml: fromGateway, config: { gateways: [ACCOUNT] } },
    ]);
    itAccepts("access-callee-hosts", [
        { what: "a gateway of a stack that lists none", yaml: fromGateway },
        { what: "an issuer by a pattern, which this policy ignores", yaml: byIssuer('"https://a*"') },
    ]);
    itRejects("access-tokens", [
        {
            what: "an issuer by a prefix",
            yaml: byIssuer('"https://login.example.com*"'),
            names: /rules\[0\]/,
        },
        { what: "any issuer, in addition to a full one", yaml: byIssuer('"https://login.example.com", "*"') },
    ]);
    itAccepts("access-tokens", [
        { what: "issuers in full", yaml: byIssuer('"https://login.example.com", "https://b.example.com"') },
    ]);
});
