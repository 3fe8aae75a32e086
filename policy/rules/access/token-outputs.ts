/** Request headers that Istio sets from tokens. */
import { at, list, textAt } from "../../core/read";
import { headerName } from "../../core/routing-rule";
import { type Subject } from "../../core/subject";

export const REQUEST_AUTHENTICATION = "security.istio.io/RequestAuthentication";

export interface Output {
    readonly subject: Subject;
    /** Path of the jwtRule: `spec.jwtRules[0]`. */
    readonly rule: string;
    readonly path: string;
    readonly issuer: string;
    /** In lower case; undefined if the rule sets none. */
    readonly header?: string;
    /** Undefined if the header contains the whole payload. */
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

/** Headers that proxies and frameworks trust, with their meaning. */
export const RESERVED: ReadonlyMap<string, string> = new Map([
    ["authorization", "the token of the caller"],
    ["forwarded", "the address of the caller"],
    ["x-forwarded-client-cert", "the certificate of the caller"],
    ["x-forwarded-for", "the address of the caller"],
    ["x-real-ip", "the address of the caller"],
    ["x-envoy-external-address", "the address of the caller"],
    ["x-envoy-internal", "that the caller is internal"],
    ["x-envoy-peer-metadata", "the workload of the caller"],
    ["x-envoy-peer-metadata-id", "the workload of the caller"],
    ["x-http-method-override", "the method of the request"],
    ["x-original-url", "the path of the request"],
    ["x-rewrite-url", "the path of the request"],
    [":path", "the path of the request"],
    [":method", "the method of the request"],
]);

/**
 * Claims that users of an identity provider can edit: OpenID Connect Core, 5.1, except `sub` and the verified
 * ones.
 */
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

/** Whether users control a header that services use for authorization. */
export function isSelfService(claim: string, header: string): boolean {
    return SELF_SERVICE.has(claim) && AUTHORIZATION_HEADER.test(header);
}

const AUTHORIZATION_HEADER =
    /(account|admin|customer|entitlement|group|org|owner|permission|plan|role|scope|subject|tenant|user-?id|workspace)/;
