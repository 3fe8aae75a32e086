import type { MeshConfig } from "../../config/schema";
import { KEY, UNTIL_READY, lifetimeOf } from "../shared/tls/certificate-settings";
import { type Concern, ConcernComponent, type ConcernOptions } from "../base/concern";
import { COMMON_LABELS } from "../base/labels";
import type {
    CertificateManifest,
    ConfigMapManifest,
    Derived,
    IssuerManifest,
    Manifest,
} from "../base/manifest";
import { MESH_CA, NAMESPACES } from "../base/names";
import type { Platform } from "../base/platform";
import { unknownCase } from "../../catalogue/never";
import { awsPrivateCa, awsPrivateCaProblems } from "./aws-private-ca";

type Mesh = Exclude<MeshConfig["certificates"]["mesh"], { from: "istiod" }>;
type IssuerRef = CertificateManifest["spec"]["issuerRef"];

const SELF_SIGNED = "mesh-self-signed";
/** A root is rotated by hand (docs/runbooks/mesh-ca.md) long before it expires. */
const ROOT = { durationDays: 3650, renewBeforeDays: 365 };

function deriveMeshAuthority({ config }: Platform): Derived {
    const { certificates, trustDomain } = config;
    const { mesh } = certificates;
    if (mesh.from === "istiod") return { releases: [], objects: [] };
    const { releases, objects, issuerRef } = signer(config, mesh);
    return {
        releases,
        objects: [
            ...objects,
            intermediate(issuerRef, mesh, trustDomain),
            ...(mesh.trustedRoots.length === 0 ? [] : [roots(mesh.trustedRoots)]),
        ],
    };
}

/** The issuer of the intermediate CA, and the objects that it needs. */
function signer(config: MeshConfig, mesh: Mesh): Derived & { issuerRef: IssuerRef } {
    switch (mesh.from) {
        case "self-signed":
            return {
                releases: [],
                objects: selfSigned(mesh.roots),
                issuerRef: issuerOf(rootName(mesh.signingRoot)),
            };
        case "authority":
            return {
                releases: [],
                objects: [issuer(mesh.secret, { ca: { secretName: mesh.secret } })],
                issuerRef: issuerOf(mesh.secret),
            };
        case "aws-private-ca":
            return awsPrivateCa(config, mesh);
        default:
            return unknownCase(mesh);
    }
}

/** Each root with a separate issuer: cert-manager reissues a Certificate that names another issuer. */
function selfSigned(generations: readonly number[]): Manifest[] {
    return [
        issuer(SELF_SIGNED, { selfSigned: {} }),
        ...generations.map(rootName).flatMap((name) => [
            certificate(name, {
                commonName: `sparc-mesh root ${name}`,
                ...lifetimeOf(ROOT),
                // In case it is renewed after all: certificates of the old one remain valid with the new one.
                privateKey: { ...KEY, rotationPolicy: "Never" },
                issuerRef: issuerOf(SELF_SIGNED),
            }),
            issuer(name, { ca: { secretName: name } }),
        ]),
    ];
}

/** The CA with which istiod signs. cert-manager renews it, and istiod reloads it when its files change. */
function intermediate(
    issuerRef: IssuerRef,
    { intermediate: days }: Mesh,
    trustDomain: string,
): CertificateManifest {
    return certificate(MESH_CA.secret, {
        commonName: "sparc-mesh intermediate",
        subject: { organizations: [trustDomain] },
        ...lifetimeOf(days),
        privateKey: { ...KEY, rotationPolicy: "Always" },
        issuerRef,
    });
}

function certificate(
    name: string,
    spec: Omit<CertificateManifest["spec"], "secretName" | "isCA" | "usages">,
): CertificateManifest {
    return {
        apiVersion: "cert-manager.io/v1",
        kind: "Certificate",
        metadata: { name, namespace: NAMESPACES.system, labels: COMMON_LABELS, annotations: UNTIL_READY },
        spec: {
            secretName: name,
            isCA: true,
            usages: ["cert sign", "crl sign", "digital signature"],
            ...spec,
        },
    };
}

/** In the control plane's namespace: a ClusterIssuer would issue a CA of the mesh to any namespace. */
function issuer(name: string, spec: IssuerManifest["spec"]): IssuerManifest {
    return {
        apiVersion: "cert-manager.io/v1",
        kind: "Issuer",
        metadata: { name, namespace: NAMESPACES.system, labels: COMMON_LABELS, annotations: UNTIL_READY },
        spec,
    };
}

/** Replaces the `ca.crt` that cert-manager adds to a certificate, which is always its issuer. */
function roots(trust: readonly string[]): ConfigMapManifest {
    return {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name: MESH_CA.roots, namespace: NAMESPACES.system, labels: COMMON_LABELS },
        data: { "ca.crt": trust.map((pem) => `${pem.trim()}\n`).join("") },
    };
}

function issuerOf(name: string): IssuerRef {
    return { name, kind: "Issuer", group: "cert-manager.io" };
}

function rootName(generation: number): string {
    return `mesh-root-${generation}`;
}

export const meshAuthority: Concern = {
    name: "mesh-authority",
    derive: deriveMeshAuthority,
    check: ({ config }) => awsPrivateCaProblems(config),
};

/** The intermediate CA with which istiod signs workload certificates, and its root. */
export class MeshAuthority extends ConcernComponent {
    constructor(platform: Platform, options: ConcernOptions) {
        super(meshAuthority, platform, options);
    }
}
