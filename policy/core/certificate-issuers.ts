/** Certificates and issuers of cert-manager: which issuer a certificate has, and what that issuer signs with. */
import { chartNameOf } from "./charts";
import { HELM_INSTALLERS, helmInstallsOf } from "./helm-installs";
import { at, type Fields, fields, text, textAt, texts } from "./read";
import { type StackResources } from "./stack-resources";
import { type Subject } from "./subject";

const CERT_MANAGER = "cert-manager.io";
export const CERTIFICATE = `${CERT_MANAGER}/Certificate`;

/** Issuers of cert-manager and of other projects whose keys this module knows. */
export const ISSUERS: readonly string[] = [
    `${CERT_MANAGER}/Issuer`,
    `${CERT_MANAGER}/ClusterIssuer`,
    "awspca.cert-manager.io/AWSPCAIssuer",
    "awspca.cert-manager.io/AWSPCAClusterIssuer",
    "cas-issuer.jetstack.io/GoogleCASIssuer",
    "cas-issuer.jetstack.io/GoogleCASClusterIssuer",
    "certmanager.step.sm/StepIssuer",
    "certmanager.step.sm/StepClusterIssuer",
];

/** `Secret istio-system/cacerts`, an ARN, or the CA of another service. */
export type SigningKey = string;

/** A Certificate of cert-manager. */
export interface Issued {
    readonly key: SigningKey;
    readonly issuer: string;
    readonly commonName: string | undefined;
    readonly isCa: boolean;
    readonly uris: readonly string[];
    readonly name: string;
    readonly namespace: string;
}

export interface Issuer {
    readonly issuer: string;
    readonly namespace: string;
    readonly isSelfSigned: boolean;
    readonly keys: readonly SigningKey[];
}

export function issuedBy(subject: Subject): Issued {
    const { spec, namespace } = subject;
    const name = textAt(spec, "secretName") ?? "";
    return {
        name,
        namespace,
        key: secretKey(namespace, name),
        issuer: referencedIssuer(subject),
        commonName: textAt(spec, "commonName") ?? commonNameIn(textAt(spec, "literalSubject") ?? "", ","),
        isCa: text(spec["isCA"]) === "true",
        uris: texts(spec["uris"]),
    };
}

export function readIssuer(subject: Subject, clusterNamespace: string): Issuer {
    return {
        issuer: issuerKeyOf(subject),
        namespace: isClusterScoped(subject.id) ? "" : subject.namespace,
        isSelfSigned: at(subject.spec, "selfSigned") !== undefined,
        keys: signingKeys(subject, clusterNamespace),
    };
}

/** What an issuer signs with, as far as its fields name it. */
export function signingKeys({ id, spec, namespace }: Subject, clusterNamespace: string): SigningKey[] {
    const secret = textAt(spec, "ca", "secretName");
    const arn = textAt(spec, "arn");
    const mount = textAt(spec, "vault", "path");
    const pool = textAt(spec, "caPoolId");
    const url = textAt(spec, "url");
    const joined = (...parts: (string | undefined)[]): string => parts.map((part) => part ?? "").join(" ");
    return [
        ...(secret === undefined
            ? []
            : [secretKey(isClusterScoped(id) ? clusterNamespace : namespace, secret)]),
        ...(arn === undefined ? [] : [arn]),
        ...(mount === undefined
            ? []
            : [
                  joined(
                      "Vault",
                      textAt(spec, "vault", "server")?.replace(/\/+$/, ""),
                      vaultMount(textAt(spec, "vault", "namespace"), mount),
                  ),
              ]),
        ...(pool === undefined
            ? []
            : [joined("CA pool", textAt(spec, "project"), textAt(spec, "location"), pool)]),
        ...(url === undefined ? [] : [joined("step-ca", url.replace(/\/+$/, ""))]),
    ];
}

/**
 * The mount of a path such as `pki_mesh/sign/role`, which has the CA whatever the role. Vault reads a namespace in front
 * of the path like one in the header, and ignores repeated slashes.
 */
function vaultMount(namespace: string | undefined, path: string): string {
    const mount = `${path}/`.replace(/\/+(sign|issue|sign-verbatim|root|issuer)\/.*$/, "");
    return `${namespace ?? ""}/${mount}`.split("/").filter(Boolean).join("/");
}

/** The namespace in which cluster-scoped issuers read Secrets: cert-manager's, unless its chart sets another. */
export function clusterResourceNamespace(stack: StackResources): string {
    const [only] = stack.collect("mesh authority: cert-manager", stack.all(...HELM_INSTALLERS), (subject) =>
        helmInstallsOf(subject).flatMap(({ chart, values, namespace }) =>
            chartNameOf(chart) === "cert-manager"
                ? [textAt(values, "clusterResourceNamespace") ?? namespace()]
                : [],
        ),
    );
    return only ?? "cert-manager";
}

/** The issuer that `spec.issuerRef` of a Certificate or a request names. */
export function referencedIssuer({ spec, namespace }: Subject): string {
    return referenceKey(fields(at(spec, "issuerRef")), namespace);
}

/** The issuer of a reference with `name`, `kind` and `group`; cert-manager reads an empty text as an absent one. */
export function referenceKey(reference: Fields, namespace: string): string {
    const read = (key: string, fallback: string): string => {
        const value = textAt(reference, key) ?? "";
        return value === "" ? fallback : value;
    };
    const id = `${read("group", CERT_MANAGER)}/${read("kind", "Issuer")}`;
    return issuerKey(id, namespace, read("name", ""));
}

export function issuerKeyOf(subject: Subject): string {
    return issuerKey(subject.id, isClusterScoped(subject.id) ? "" : subject.namespace, subject.name);
}

/** The issuer of a CertificateSigningRequest: `issuers.cert-manager.io/<namespace>.<name>`. */
export function signerKey(signer: string): string {
    const [, plural = "", group = "", namespace = "", name = ""] =
        /^(\w+?)s\.([\w.-]+)\/(?:([\w-]+)\.)?([\w.-]+)$/.exec(signer) ?? [];
    const id = ISSUERS.find((one) => one.toLowerCase() === `${group}/${plural}`) ?? "";
    return isClusterScoped(id)
        ? issuerKey(id, "", `${namespace === "" ? "" : `${namespace}.`}${name}`)
        : issuerKey(id, namespace, name);
}

function issuerKey(id: string, namespace: string, name: string): string {
    return `${id}/${isClusterScoped(id) ? "" : namespace}/${name}`;
}

export function isClusterScoped(id: string): boolean {
    return id.includes("Cluster");
}

export function secretKey(namespace: string, name: string): SigningKey {
    return `Secret ${namespace}/${name}`;
}

export function commonNameIn(subject: string, separator: string): string | undefined {
    return subject
        .split(separator)
        .map((part) => part.trim())
        .find((part) => part.startsWith("CN="))
        ?.slice("CN=".length);
}
