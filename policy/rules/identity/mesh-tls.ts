import { MESH_CONFIG_HOLDERS, meshConfigsOf } from "../../core/mesh-config";
import { at, textAt, texts } from "../../core/read";
import { objectRule } from "../../core/rule";
import { isFalse } from "../../core/switches";
import { isBelow, TLS_VERSIONS, type TlsVersion } from "../../core/tls";

interface Config {
    readonly minimum: TlsVersion;
    readonly acceptDefault: boolean;
}

/** What Istio takes where meshMTLS says nothing (MeshConfig.TLSConfig of its reference). */
const ISTIO_MINIMUM: TlsVersion = "TLSV1_2";

/** Forward secrecy and an authenticated cipher; suites of TLS 1.3 have both. */
const STRONG = /^(ECDHE-(ECDSA|RSA)-(AES\d+-GCM-SHA\d+|CHACHA20-POLY1305)|TLS_(AES|CHACHA20)\w+)$/;

export const meshTls = objectRule<Config>({
    name: "identity-mesh-tls",
    area: "identity",
    title: "The mesh's own TLS has a stated minimum, is on by itself, and checks certificates",
    severity: "high",
    why: "what is not stated changes with a version of Istio, and one switch in the mesh's configuration opens every sidecar at once",
    remedy: "State meshConfig.meshMTLS.minProtocolVersion, and leave enableAutoMtls and VERIFY_CERTIFICATE_AT_CLIENT as they are by default.",
    judges: MESH_CONFIG_HOLDERS,
    defaults: { minimum: "TLSV1_2", acceptDefault: false },
    schema: {
        minimum: { enum: TLS_VERSIONS, description: "the oldest version of TLS inside the mesh" },
        acceptDefault: {
            type: "boolean",
            description: "where nothing is stated, Istio's own minimum, TLSV1_2, counts as stated",
        },
    },
    examples: {
        refused: `
apiVersion: install.istio.io/v1alpha1
kind: IstioOperator
metadata: { name: istio, namespace: istio-system }
spec: { meshConfig: { enableAutoMtls: false } }
`,
        accepted: `
apiVersion: install.istio.io/v1alpha1
kind: IstioOperator
metadata: { name: istio, namespace: istio-system }
spec: { meshConfig: { meshMTLS: { minProtocolVersion: TLSV1_3 } } }
`,
    },
    *judge(subject, { minimum, acceptDefault }) {
        for (const { path, config, variables } of meshConfigsOf(subject)) {
            const version = textAt(config, "meshMTLS", "minProtocolVersion");
            const effective = version ?? (acceptDefault ? ISTIO_MINIMUM : undefined);
            if (isBelow(effective, minimum)) {
                yield {
                    subject,
                    wrong: `${path}.meshMTLS.minProtocolVersion is ${version ?? "not stated"}, and ${minimum} is the oldest allowed`,
                    fix: `set it to ${minimum} or later.`,
                };
            }
            if (isFalse(at(config, "enableAutoMtls"))) {
                yield {
                    subject,
                    wrong: `${path}.enableAutoMtls is false, so sidecars call each other in plain text unless a DestinationRule says otherwise`,
                    fix: "remove it.",
                };
            }
            for (const { path: place, name, value } of variables) {
                if (name !== "VERIFY_CERTIFICATE_AT_CLIENT" || value === undefined || !isFalse(value))
                    continue;
                yield {
                    subject,
                    wrong: `${place} is ${value}, so clients take any certificate from hosts outside`,
                    fix: "remove it.",
                };
            }
            for (const field of ["meshMTLS", "tlsDefaults"]) {
                const weak = texts(at(config, field, "cipherSuites")).filter((suite) => !STRONG.test(suite));
                if (weak.length === 0) continue;
                yield {
                    subject,
                    wrong: `${path}.${field}.cipherSuites has ${weak.join(", ")}, without forward secrecy or an authenticated cipher`,
                    fix: "leave ECDHE suites with GCM or ChaCha20 alone.",
                };
            }
        }
    },
});
