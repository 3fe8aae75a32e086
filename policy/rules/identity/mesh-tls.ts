import { MESH_CONFIG_HOLDERS, meshConfigsOf } from "../../core/mesh-config";
import { at, textAt, texts } from "../../core/read";
import { objectRule } from "../../core/rule";
import { isFalse } from "../../core/insecure-settings";
import { isBelow, TLS_VERSIONS, type TlsVersion } from "../../core/tls";

interface Config {
    readonly minimum: TlsVersion;
    readonly acceptDefault: boolean;
}

/** Istio's minimum if meshMTLS is not set (MeshConfig.TLSConfig in its reference). */
const ISTIO_MINIMUM: TlsVersion = "TLSV1_2";

/** Forward secrecy and an authenticated cipher; TLS 1.3 suites have both. */
const STRONG = /^(ECDHE-(ECDSA|RSA)-(AES\d+-GCM-SHA\d+|CHACHA20-POLY1305)|TLS_(AES|CHACHA20)\w+)$/;

export const meshTls = objectRule<Config>({
    name: "identity-mesh-tls",
    area: "identity",
    title: "Mutual TLS in the mesh has an explicit minimum version, is automatic, and verifies certificates",
    severity: "high",
    why: "an implicit minimum changes with Istio versions, and one MeshConfig setting weakens every sidecar at once",
    remediation:
        "Set meshConfig.meshMTLS.minProtocolVersion, and keep the defaults of enableAutoMtls and VERIFY_CERTIFICATE_AT_CLIENT.",
    appliesTo: MESH_CONFIG_HOLDERS,
    defaults: { minimum: "TLSV1_2", acceptDefault: false },
    schema: {
        minimum: { enum: TLS_VERSIONS, description: "the minimum TLS version in the mesh" },
        acceptDefault: {
            type: "boolean",
            description: "accept Istio's default minimum, TLSV1_2, if none is set",
        },
    },
    examples: {
        noncompliant: `
apiVersion: install.istio.io/v1alpha1
kind: IstioOperator
metadata: { name: istio, namespace: istio-system }
spec: { meshConfig: { enableAutoMtls: false } }
`,
        compliant: `
apiVersion: install.istio.io/v1alpha1
kind: IstioOperator
metadata: { name: istio, namespace: istio-system }
spec: { meshConfig: { meshMTLS: { minProtocolVersion: TLSV1_3 } } }
`,
    },
    *evaluate(subject, { minimum, acceptDefault }) {
        for (const { path, config, variables } of meshConfigsOf(subject)) {
            const version = textAt(config, "meshMTLS", "minProtocolVersion");
            const effective = version ?? (acceptDefault ? ISTIO_MINIMUM : undefined);
            if (isBelow(effective, minimum)) {
                yield {
                    subject,
                    problem: `${path}.meshMTLS.minProtocolVersion is ${version ?? "not set"}, and the minimum is ${minimum}`,
                    fix: `set it to ${minimum} or later.`,
                };
            }
            if (isFalse(at(config, "enableAutoMtls"))) {
                yield {
                    subject,
                    problem: `${path}.enableAutoMtls is false, so sidecars call each other in plain text unless a DestinationRule enables TLS`,
                    fix: "remove it.",
                };
            }
            for (const { path: place, name, value } of variables) {
                if (name !== "VERIFY_CERTIFICATE_AT_CLIENT" || value === undefined || !isFalse(value))
                    continue;
                yield {
                    subject,
                    problem: `${place} is ${value}, so clients accept any certificate of external hosts`,
                    fix: "remove it.",
                };
            }
            for (const field of ["meshMTLS", "tlsDefaults"]) {
                const weak = texts(at(config, field, "cipherSuites")).filter((suite) => !STRONG.test(suite));
                if (weak.length === 0) continue;
                yield {
                    subject,
                    problem: `${path}.${field}.cipherSuites has ${weak.join(", ")}, without forward secrecy or an authenticated cipher`,
                    fix: "use only ECDHE suites with GCM or ChaCha20.",
                };
            }
        }
    },
});
