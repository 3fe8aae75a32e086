/** `proxy.istio.io/config` in every spelling that istiod reads (C09, C10, C32, C33). */
import assert from "node:assert/strict";
import fc from "fast-check";
import { itAccepts, deployment, violationMessages } from "./assertions";

const APP = '{ name: app, image: "app:1" }';
const annotated = (name: string, value: string): string =>
    deployment(`containers: [${APP}]`, `annotations: { ${name}: ${JSON.stringify(value)} }`);

describe("proxy.istio.io/config", () => {
    const of = (config: string): string => annotated("proxy.istio.io/config", config);
    itAccepts(
        "injection-no-bypass",
        [
            "concurrency: 2",
            "hold_application_until_proxy_starts: true",
            "interceptionMode: 1",
            "gatewayTopology: { proxyProtocol: {} }",
            "gateway_topology: { proxy_protocol: {}, num_trusted_proxies: 0, forward_client_cert_details: SANITIZE_SET }",
            "proxyMetadata: { ISTIO_META_DNS_CAPTURE: true }",
            "tracing: { sampling: 10 }",
            "image: { imageType: distroless }",
            "proxyHeaders: { server: { disabled: true }, forwardedClientCert: SANITIZE }",
            "connectionSettings: { http_idle_timeout: 1h, httpMergeSlashes: true }",
        ].map((config) => ({ what: config, yaml: of(config) })),
    );

    /** Fields that change interception, trust or destinations, in protobuf's two spellings of names and enums. */
    const openings: readonly [string[], unknown[]][] = [
        [["interceptionMode"], ["NONE", 2]],
        [
            ["gatewayTopology", "numTrustedProxies"],
            [1, 2],
        ],
        [
            ["gatewayTopology", "forwardClientCertDetails"],
            ["FORWARD_ONLY", "APPEND_FORWARD", "ALWAYS_FORWARD_ONLY", 2, 3, 5],
        ],
        [["discoveryAddress"], ["istiod.example.net:15012"]],
        [["proxyBootstrapTemplatePath"], ["/x"]],
        [["customConfigFile"], ["/x"]],
        [["binaryPath"], ["/x"]],
        [["configPath"], ["/x"]],
        [["controlPlaneAuthPolicy"], ["NONE", 0]],
        [["caCertificatesPem"], [["x"]]],
        [["privateKeyProvider"], [{ cryptomb: {} }]],
        [["proxyMetadata", "ISTIO_META_UNPRIVILEGED_POD"], ["true"]],
        [["proxyMetadata", "ISTIO_META_DNS_CAPTURE"], ["false"]],
        // istiod reads it for the pod's gateway or for the whole mesh, in addition to istiod's PILOT_HTTP10.
        [["proxyMetadata", "ISTIO_META_HTTP10"], ["1"]],
        [["tracing", "zipkin"], [{ address: "x.example.net:9411" }]],
        [["meshId"], ["other"]],
        [
            ["proxyHeaders", "forwardedClientCert"],
            ["ALWAYS_FORWARD_ONLY", 5, "APPEND_FORWARD"],
        ],
        [["connectionSettings", "httpMergeSlashes"], [false]],
        [
            ["connectionSettings", "httpPathWithEscapedSlashesAction"],
            ["KEEP_UNCHANGED", 1],
        ],
    ];
    const snake = (key: string): string => key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

    it("rejects every opening in every spelling", () => {
        fc.assert(
            fc.property(
                fc
                    .constantFrom(...openings)
                    .chain(([path, values]) => fc.tuple(fc.constant(path), fc.constantFrom(...values))),
                fc.array(fc.boolean(), { minLength: 2, maxLength: 2 }),
                fc.boolean(),
                ([path, value], spelling, isJson) => {
                    const keys = path.map((key, index) =>
                        spelling[index] === true && !key.includes("_") ? snake(key) : key,
                    );
                    const config = keys.reduceRight<unknown>((inner, key) => ({ [key]: inner }), value);
                    const text = isJson
                        ? JSON.stringify(config)
                        : JSON.stringify({ concurrency: 2, ...(config as object) }, undefined, 1);
                    assert.notDeepEqual(violationMessages("injection-no-bypass", of(text)), [], text);
                },
            ),
            { numRuns: 200 },
        );
    });
});
