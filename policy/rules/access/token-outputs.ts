/** Headers that Istio writes from tokens. */
import { at, list, textAt } from "../../core/read";
import { headerName } from "../../core/routing-rule";
import { type Subject } from "../../core/subject";

export const REQUEST_AUTHENTICATION = "security.istio.io/RequestAuthentication";

export interface Output {
    readonly subject: Subject;
    /** Of the jwtRule: `spec.jwtRules[0]`. */
    readonly rule: string;
    readonly path: string;
    readonly issuer: string;
    /** In lower case; undefined where the rule writes none. */
    readonly header?: string;
    /** Undefined where the header holds the whole payload. */
    readonly claim?: string;
}

/** Every header of every jwtRule, and one entry without a header for each rule. */
export function outputsOf(subject: Subject): readonly Output[] {
    return list(subject.spec["jwtRules"]).flatMap((jwtRule, index): Output[] => {
        const rule = `spec.jwtRules[${index}]`;
        const common = { subject, rule, issuer: textAt(jwtRule, "issuer") ?? "" };
        const payload = textAt(jwtRule, "outputPayloadToHeader");
        return [
            { ...common, path: rule },
            ...list(at(jwtRule, "outputClaimToHeaders")).map((output, place) => ({
                ...common,
                path: `${rule}.outputClaimToHeaders[${place}]`,
                header: headerName(textAt(output, "header") ?? ""),
                claim: textAt(output, "claim") ?? "",
            })),
            ...(payload === undefined
                ? []
                : [{ ...common, path: `${rule}.outputPayloadToHeader`, header: headerName(payload) }]),
        ];
    });
}

/** Headers that proxies and frameworks believe, with what they say. */
export const RESERVED: ReadonlyMap<string, string> = new Map([
    ["authorization", "which token the caller has"],
    ["forwarded", "which address the caller has"],
    ["x-forwarded-client-cert", "which certificate the caller has"],
    ["x-forwarded-for", "which address the caller has"],
    ["x-real-ip", "which address the caller has"],
    ["x-envoy-external-address", "which address the caller has"],
    ["x-envoy-internal", "that the caller is inside"],
    ["x-envoy-peer-metadata", "which workload the caller is"],
    ["x-envoy-peer-metadata-id", "which workload the caller is"],
    ["x-http-method-override", "which method the request has"],
    ["x-original-url", "which path the request has"],
    ["x-rewrite-url", "which path the request has"],
    [":path", "which path the request has"],
    [":method", "which method the request has"],
]);

/** Claims that users of an identity provider fill in themselves: OpenID Connect Core, 5.1, but `sub` and the verified ones. */
const SELF_SERVICE: ReadonlySet<string> = new Set([
    "address",
    "birthdate",
    "family_name",
    "gender",
    "given_name",
    "locale",
    "middle_name",
    "name",
    "nickname",
    "phone_number",
    "picture",
    "preferred_username",
    "profile",
    "website",
    "zoneinfo",
]);

/** Whether users choose what a header by which services decide would say. */
export function isSelfService(claim: string, header: string): boolean {
    return SELF_SERVICE.has(claim) && DECIDES.test(header);
}

const DECIDES =
    /(account|admin|customer|entitlement|group|org|owner|permission|plan|role|scope|subject|tenant|user-?id|workspace)/;
