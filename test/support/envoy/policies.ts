/** RequestAuthentications and AuthorizationPolicies as Envoy filters, translated as istiod does, as far as path tests need it. */
import type {
    AuthorizationPolicyManifest,
    Manifest,
    RequestAuthenticationManifest,
} from "../../../components/base/manifest";
import { SERVICE_LABEL } from "../../../components/base/labels";
import { EXTENSIONS, type Json } from "./patched";

/** A proxy's JWT filter, with inline keys: it copies claims to headers and the payload to the request's metadata. */
export function jwtFilter(objects: readonly Manifest[], namespace: string, workload: string): Json[] {
    const rules = objects
        .filter((object): object is RequestAuthenticationManifest => object.kind === "RequestAuthentication")
        .filter(
            ({ metadata, spec }) =>
                metadata.namespace === namespace && spec.selector?.matchLabels?.[SERVICE_LABEL] === workload,
        )
        .flatMap(({ spec }) => spec.jwtRules ?? []);
    if (rules.length === 0) return [];
    const provider = (index: number) => `origins-${index}`;
    const providers = rules.map(({ issuer, audiences, jwks, outputClaimToHeaders }, index) => [
        provider(index),
        {
            issuer,
            audiences,
            local_jwks: { inline_string: jwks },
            forward: true,
            payload_in_metadata: "payload",
            normalize_payload_in_metadata: { space_delimited_claims: ["scope", "permission"] },
            claim_to_headers: (outputClaimToHeaders ?? []).map(({ header, claim }) => ({
                header_name: header,
                claim_name: claim,
            })),
        },
    ]);
    const requirement = {
        requires_any: {
            requirements: [
                ...rules.map((_, index) => ({ provider_name: provider(index) })),
                { allow_missing: {} },
            ],
        },
    };
    return [
        {
            name: "envoy.filters.http.jwt_authn",
            typed_config: {
                "@type": `${EXTENSIONS}.filters.http.jwt_authn.v3.JwtAuthentication`,
                providers: Object.fromEntries(providers) as Json,
                rules: [{ match: { prefix: "/" }, requires: requirement }],
            },
        },
    ];
}

/** The RBAC filter for a workload's ALLOW policies, by host, method and path. It ignores principals and token scopes. */
export function allowFilter(objects: readonly Manifest[], namespace: string, workload: string): Json {
    const operations = objects
        .filter((object): object is AuthorizationPolicyManifest => object.kind === "AuthorizationPolicy")
        .filter(
            ({ metadata, spec }) =>
                metadata.namespace === namespace && spec.selector?.matchLabels?.[SERVICE_LABEL] === workload,
        )
        .flatMap(({ spec }) => spec.rules ?? [])
        .flatMap(({ to }) => to ?? [])
        .map(({ operation }) => operation ?? {})
        .filter(({ paths }) => paths !== undefined);
    const permissions = operations.map(({ hosts = [], methods = [], paths = [] }) => ({
        and_rules: {
            rules: [
                ...either(
                    hosts.map((host) => header(":authority", host.replace(/:\*$/, ":"), host.endsWith(":*"))),
                ),
                ...either(methods.map((method) => header(":method", method, false))),
                ...either(paths.map(path)),
            ],
        },
    }));
    return {
        name: "envoy.filters.http.rbac",
        typed_config: {
            "@type": `${EXTENSIONS}.filters.http.rbac.v3.RBAC`,
            rules: { action: "ALLOW", policies: { allowed: { permissions, principals: [{ any: true }] } } },
        },
    };
}

function either(rules: readonly Json[]): Json[] {
    return rules.length === 0 ? [] : [{ or_rules: { rules } }];
}

function header(name: string, value: string, prefix: boolean): Json {
    return {
        header: {
            name,
            string_match: { ...(prefix ? { prefix: value } : { exact: value }), ignore_case: true },
        },
    };
}

function path(pattern: string): Json {
    if (/\{\*\*?\}/.test(pattern)) {
        const template = pattern.replaceAll("{**}", "**").replaceAll("{*}", "*");
        return {
            uri_template: {
                name: "uri-template",
                typed_config: {
                    "@type": `${EXTENSIONS}.path.match.uri_template.v3.UriTemplateMatchConfig`,
                    path_template: template,
                },
            },
        };
    }
    if (pattern.endsWith("*")) return { url_path: { path: { prefix: pattern.slice(0, -1) } } };
    return { url_path: { path: { exact: pattern } } };
}
