import { EXCEPTIONS_SCHEMA, isExcepted, NO_EXCEPTIONS, type WithExceptions } from "../../core/exceptions";
import { at, type Fields, fields, list, text, textAt } from "../../core/read";
import { each, stackRule, type Violation } from "../../core/rule";
import { type StackResources } from "../../core/stack-resources";
import { type Subject } from "../../core/subject";
import { CA_SECRETS } from "../workloads/credentials";

const CERT_MANAGER = "cert-manager.io";
const CERTIFICATE = `${CERT_MANAGER}/Certificate`;
const REQUEST = `${CERT_MANAGER}/CertificateRequest`;
const SIGNING_REQUEST = "certificates.k8s.io/CertificateSigningRequest";
const AWS_GROUP = "awspca.cert-manager.io";
const IN_CLUSTER = [`${CERT_MANAGER}/Issuer`, `${CERT_MANAGER}/ClusterIssuer`];
const IN_AWS = [`${AWS_GROUP}/AWSPCAIssuer`, `${AWS_GROUP}/AWSPCAClusterIssuer`];
const ISSUERS = [...IN_CLUSTER, ...IN_AWS];

/** Resources with which others can issue from a CA in AWS Private CA, by the input with its ARN. */
const SHARED: Readonly<Record<string, string>> = {
    "aws:acmpca/certificate:Certificate": "certificateAuthorityArn",
    "aws:acmpca/permission:Permission": "certificateAuthorityArn",
    "aws:acmpca/policy:Policy": "resourceArn",
    "aws:ram/resourceAssociation:ResourceAssociation": "resourceArn",
};

const FIX =
    "use another issuer. If it is intended, add it to this policy's exceptions with a reason and an end date.";

export const meshIssuer = stackRule<WithExceptions>({
    name: "identity-mesh-issuer",
    area: "identity",
    title: "The mesh's issuer issues istiod's CA and nothing else",
    severity: "critical",
    why: "every proxy trusts what the mesh's root has signed, so another certificate of its issuer can act as any workload",
    remediation:
        "Issue certificates of gateways, webhooks and applications from an issuer with another root.",
    appliesTo: [CERTIFICATE, REQUEST, SIGNING_REQUEST, ...ISSUERS, ...Object.keys(SHARED)],
    defaults: NO_EXCEPTIONS,
    schema: {
        exceptions: { ...EXCEPTIONS_SCHEMA, description: 'objects, and cloud resources with namespace ""' },
    },
    examples: {
        noncompliant: `
apiVersion: cert-manager.io/v1
kind: Certificate
metadata: { name: istiod-ca, namespace: istio-system }
spec: { secretName: cacerts, isCA: true, commonName: istiod, issuerRef: { name: mesh-root, kind: ClusterIssuer } }
---
apiVersion: cert-manager.io/v1
kind: Certificate
metadata: { name: carts, namespace: shop }
spec: { secretName: carts, uris: ["spiffe://cluster.local/ns/shop/sa/payment"], issuerRef: { name: mesh-root, kind: ClusterIssuer } }
`,
        compliant: `
apiVersion: cert-manager.io/v1
kind: Certificate
metadata: { name: istiod-ca, namespace: istio-system }
spec: { secretName: cacerts, isCA: true, commonName: istiod, issuerRef: { name: mesh-root, kind: Issuer } }
---
apiVersion: cert-manager.io/v1
kind: Certificate
metadata: { name: carts, namespace: shop }
spec: { secretName: carts, dnsNames: [carts.example.com], issuerRef: { name: mesh-root, kind: Issuer } }
`,
    },
    *evaluateStack(stack, config) {
        const mesh = authorityOf(stack);
        const evaluated = stack.all(
            CERTIFICATE,
            REQUEST,
            SIGNING_REQUEST,
            ...ISSUERS,
            ...Object.keys(SHARED),
        );
        yield* each(evaluated, function* (subject) {
            const problem = problemOf(subject, mesh);
            if (problem === undefined || isExcepted(config, exceptionKey(subject))) return;
            yield { subject, problem, fix: FIX } satisfies Violation;
        });
    },
});

/** What can issue certificates that the mesh trusts. */
interface Authority {
    /** Issuers that sign istiod's CA, by `keyOf`. */
    readonly issuers: ReadonlySet<string>;
    /** Secrets with a key of istiod's CA or of its issuers, by `namespace/name`. */
    readonly secrets: ReadonlySet<string>;
    /** ARNs of CAs in AWS Private CA that sign istiod's CA. */
    readonly arns: ReadonlySet<string>;
    /** The Secret that an object names, as in `secrets`. */
    readonly secretKey: (subject: Subject, name: string | undefined) => string;
}

function authorityOf(stack: StackResources): Authority {
    const mounted = stack.meshConfigs.flatMap(({ namespace, values }) =>
        mountedSecrets(values).map((name) => `${namespace}/${name}`),
    );
    const secrets = new Set([
        ...stack.rootNamespaces.flatMap((namespace) => [...CA_SECRETS].map((name) => `${namespace}/${name}`)),
        ...mounted,
    ]);
    const names = new Set([...secrets].map((key) => key.slice(key.indexOf("/") + 1)));
    const secretKey = (subject: Subject, name: string | undefined) => secretKeyOf(names, subject, name);
    const issuers = new Set<string>();
    const arns = new Set<string>();
    // A CA's issuer can itself sign with a Secret that another Certificate of the stack fills.
    for (let size = -1; size !== secrets.size + issuers.size;) {
        size = secrets.size + issuers.size;
        for (const certificate of readable(stack, [CERTIFICATE])) {
            if (secrets.has(secretKey(certificate, textAt(certificate.spec, "secretName"))))
                issuers.add(issuerOf(certificate));
        }
        for (const issuer of readable(stack, ISSUERS)) {
            if (!issuers.has(keyOf(issuer))) continue;
            const secret = textAt(issuer.spec, "ca", "secretName");
            if (secret !== undefined) secrets.add(secretKey(issuer, secret));
            const arn = textAt(issuer.spec, "arn");
            if (arn !== undefined) arns.add(arn);
            // No proxy trusts what else a self-signing issuer signs.
            if (at(issuer.spec, "selfSigned") !== undefined) issuers.delete(keyOf(issuer));
        }
    }
    return { issuers, secrets, arns, secretKey };
}

/**
 * Secrets that istiod's chart mounts: one of them may hold the CA, in the folder that the variable ROOT_CA_DIR names (Istio's
 * `pilot-discovery` reference).
 */
function mountedSecrets(values: Fields): string[] {
    const volumes = [...list(values["volumes"]), ...list(fields(values["pilot"])["volumes"])];
    return volumes.flatMap((volume) => [
        ...[textAt(volume, "secret", "secretName")].filter((name) => name !== undefined),
        ...list(at(volume, "projected", "sources")).flatMap(
            (source) => textAt(source, "secret", "name") ?? [],
        ),
    ]);
}

function readable(stack: StackResources, ids: readonly string[]): readonly Subject[] {
    return stack.collect(`mesh authority ${ids.join()}`, stack.all(...ids), (subject) => {
        // Reads all fields that decide: an unknown one is reported for this subject.
        textAt(subject.spec, "secretName");
        issuerOf(subject);
        return [subject];
    });
}

function problemOf(subject: Subject, { issuers, secrets, arns, secretKey }: Authority): string | undefined {
    const { id } = subject;
    const shared = SHARED[id];
    if (shared !== undefined) {
        const arn = text(subject.props[shared]);
        return arn !== undefined && arns.has(arn)
            ? `its ${shared} is the CA of the mesh, so others can issue certificates that every proxy trusts`
            : undefined;
    }
    if (id === CERTIFICATE) {
        if (!issuers.has(issuerOf(subject))) return undefined;
        if (secrets.has(secretKey(subject, textAt(subject.spec, "secretName")))) return undefined;
        return `its issuer ${textAt(subject.spec, "issuerRef", "name") ?? ""} is the mesh's, so ${at(subject.spec, "isCA") === true ? "a workload with its key can issue every identity" : "every proxy trusts its certificate"}`;
    }
    if (id === REQUEST)
        return issuers.has(issuerOf(subject))
            ? `it requests a certificate of the mesh's issuer, which only cert-manager does, for istiod's CA`
            : undefined;
    if (id === SIGNING_REQUEST)
        return issuers.has(signerOf(textAt(subject.spec, "signerName") ?? ""))
            ? "its signerName is the mesh's issuer"
            : undefined;
    if (issuers.has(keyOf(subject))) return undefined;
    const secret = textAt(subject.spec, "ca", "secretName");
    const arn = textAt(subject.spec, "arn");
    if (secret !== undefined && secrets.has(secretKey(subject, secret)))
        return `it signs with the Secret ${secret}, the key of the mesh's CA`;
    if (arn !== undefined && arns.has(arn)) return `it signs with ${arn}, the CA of the mesh`;
    return undefined;
}

/** `group/Kind/namespace/name`; a cluster-scoped issuer has no namespace. */
function keyOf({ id, namespace, name }: Subject): string {
    return key(id, id.includes("Cluster") ? "" : namespace, name);
}

function issuerOf({ spec, namespace }: Subject): string {
    const reference = at(spec, "issuerRef");
    const group = textAt(reference, "group") ?? CERT_MANAGER;
    const kind = textAt(reference, "kind") ?? "Issuer";
    return key(
        `${group}/${kind}`,
        kind.includes("Cluster") ? "" : namespace,
        textAt(reference, "name") ?? "",
    );
}

/** The issuer of a CertificateSigningRequest: `issuers.cert-manager.io/<namespace>.<name>`. */
function signerOf(signer: string): string {
    const [, plural = "", group = "", namespace = "", name = ""] =
        /^(\w+?)s\.([\w.-]+)\/(?:([\w-]+)\.)?([\w.-]+)$/.exec(signer) ?? [];
    const id = ISSUERS.find((one) => one.toLowerCase() === `${group}/${plural}`) ?? "";
    return id.includes("Cluster")
        ? key(id, "", `${namespace === "" ? "" : `${namespace}.`}${name}`)
        : key(id, namespace, name);
}

function key(id: string, namespace: string, name: string): string {
    return `${id}/${namespace}/${name}`;
}

/** A ClusterIssuer reads its Secret in cert-manager's namespace, which may hold a copy: the name alone decides. */
function secretKeyOf(known: ReadonlySet<string>, { id, namespace }: Subject, name = ""): string {
    return id.includes("Cluster") && known.has(name) ? `istio-system/${name}` : `${namespace}/${name}`;
}

function exceptionKey(subject: Subject): { namespace: string; name: string } {
    return { namespace: subject.isKubernetes ? subject.namespace : "", name: subject.name };
}
