import { EXCEPTIONS_SCHEMA, isExcepted, NO_EXCEPTIONS, type WithExceptions } from "../../core/exceptions";
import {
    CERTIFICATE,
    issuerKeyOf,
    ISSUERS,
    referencedIssuer,
    referenceKey,
    signerKey,
} from "../../core/certificate-issuers";
import { chartNameOf } from "../../core/charts";
import { HELM_INSTALLERS, helmInstallsOf } from "../../core/helm-installs";
import { isOfControlPlane, type MeshAuthority, meshAuthorityOf, meshKeyOf } from "../../core/mesh-authority";
import { at, type Fields, fields, list, text, textAt, texts } from "../../core/read";
import { each, stackRule, type Violation } from "../../core/rule";
import { type StackResources } from "../../core/stack-resources";
import { type Subject } from "../../core/subject";
import { podsIn, WORKLOADS } from "../../core/workload";

const REQUEST = "cert-manager.io/CertificateRequest";
const SIGNING_REQUEST = "certificates.k8s.io/CertificateSigningRequest";

/** Resources with which others can issue from a CA in AWS Private CA, by the input with its ARN. */
const SHARED: Readonly<Record<string, string>> = {
    "aws:acmpca/certificate:Certificate": "certificateAuthorityArn",
    "aws:acmpca/permission:Permission": "certificateAuthorityArn",
    "aws:acmpca/policy:Policy": "resourceArn",
    "aws:ram/resourceAssociation:ResourceAssociation": "resourceArn",
};

/** Objects for which cert-manager creates a Certificate if their annotations name an issuer. */
const ANNOTATED = [
    "networking.k8s.io/Ingress",
    "gateway.networking.k8s.io/Gateway",
    "gateway.networking.k8s.io/ListenerSet",
    "gateway.networking.x-k8s.io/XListenerSet",
    "route.openshift.io/Route",
];

const EVALUATED = [
    CERTIFICATE,
    REQUEST,
    SIGNING_REQUEST,
    ...ISSUERS,
    ...ANNOTATED,
    ...WORKLOADS,
    ...HELM_INSTALLERS,
    ...Object.keys(SHARED),
];

/** The CSI driver with which a pod requests a certificate. */
const CSI_DRIVER = "csi.cert-manager.io";

const CERT_MANAGER_CHART = "cert-manager";

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
    appliesTo: EVALUATED,
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
        const mesh = meshAuthorityOf(stack);
        yield* each(stack.all(...EVALUATED), function* (subject) {
            const problem = problemOf(subject, mesh, stack);
            if (problem === undefined || isExcepted(config, exceptionKey(subject))) return;
            yield { subject, problem, fix: FIX } satisfies Violation;
        });
    },
});

function problemOf(subject: Subject, mesh: MeshAuthority, stack: StackResources): string | undefined {
    const { id } = subject;
    const shared = SHARED[id];
    if (shared !== undefined) {
        const arn = text(subject.props[shared]);
        return arn !== undefined && mesh.keys.has(arn)
            ? `its ${shared} is the CA of the mesh, so others can issue certificates that every proxy trusts`
            : undefined;
    }
    if (HELM_INSTALLERS.includes(id)) return problemOfChart(subject, mesh);
    if (ISSUERS.includes(id)) return problemOfIssuer(subject, mesh, stack);
    if (ANNOTATED.includes(id)) return problemOfAnnotations(subject, mesh);
    if (id === CERTIFICATE) {
        if (!mesh.issuers.has(referencedIssuer(subject)) || isOfControlPlane(mesh, subject)) return undefined;
        return `its issuer ${textAt(subject.spec, "issuerRef", "name") ?? ""} is the mesh's, so ${text(subject.spec["isCA"]) === "true" ? "a workload with its key can issue every identity" : "every proxy trusts its certificate"}`;
    }
    if (id === REQUEST)
        return mesh.issuers.has(referencedIssuer(subject))
            ? `it requests a certificate of the mesh's issuer, which only cert-manager does, for istiod's CA`
            : undefined;
    if (id === SIGNING_REQUEST)
        return mesh.issuers.has(signerKey(textAt(subject.spec, "signerName") ?? ""))
            ? "its signerName is the mesh's issuer"
            : undefined;
    return problemOfVolumes(subject, mesh);
}

function problemOfIssuer(subject: Subject, mesh: MeshAuthority, stack: StackResources): string | undefined {
    if (mesh.intended.issuers.has(issuerKeyOf(subject))) return undefined;
    const key = meshKeyOf(mesh, stack, subject);
    return key === undefined ? undefined : `it signs with ${key}, a key of the mesh's CA`;
}

/** Charts of cert-manager that request certificates for objects and pods without an issuer of their own. */
function problemOfChart(subject: Subject, mesh: MeshAuthority): string | undefined {
    for (const { chart, values, valuesPath } of helmInstallsOf(subject)) {
        const name = chartNameOf(chart);
        const references = defaultIssuers(name, values);
        const found = references.find((reference) => isMeshIssuer(mesh, reference));
        if (found !== undefined)
            return name === CERT_MANAGER_CHART
                ? `${valuesPath} sets the default issuer to the mesh's issuer ${found.name}, so every Ingress and Gateway with kubernetes.io/tls-acme gets a certificate that every proxy trusts`
                : `${valuesPath}.app.issuer is the mesh's issuer ${found.name}, so every proxy trusts the certificates of the driver`;
    }
    return undefined;
}

interface IssuerReference {
    readonly name: string;
    readonly kind: string | undefined;
    readonly group: string | undefined;
}

/** The issuers that the values of a chart name, in each of the places that its version reads. */
function defaultIssuers(chart: string, values: Fields): readonly IssuerReference[] {
    if (chart === "cert-manager-csi-driver-spiffe") {
        const issuer = fields(at(values, "app", "issuer"));
        return [
            {
                name: nonEmpty(textAt(issuer, "name")) ?? "spiffe-ca",
                kind: nonEmpty(textAt(issuer, "kind")) ?? "ClusterIssuer",
                group: textAt(issuer, "group"),
            },
        ];
    }
    if (chart !== CERT_MANAGER_CHART) return [];
    const flag = (part: string): string | undefined =>
        texts(values["extraArgs"])
            .find((argument) => argument.replace(/^--?/, "").startsWith(`default-issuer-${part}=`))
            ?.replace(/^[^=]*=/, "");
    return [
        ...[fields(values["ingressShim"]), fields(at(values, "config", "ingressShimConfig"))].map((shim) => ({
            name: textAt(shim, "defaultIssuerName"),
            kind: textAt(shim, "defaultIssuerKind"),
            group: textAt(shim, "defaultIssuerGroup"),
        })),
        { name: flag("name"), kind: flag("kind"), group: flag("group") },
    ].flatMap(({ name, kind, group }) =>
        nonEmpty(name) === undefined ? [] : [{ name: name ?? "", kind, group }],
    );
}

/** Whether a reference names an issuer of the mesh, from whatever namespace. */
function isMeshIssuer(mesh: MeshAuthority, reference: IssuerReference): boolean {
    return [...mesh.issuers].some((issuer) => {
        const [, , namespace = ""] = issuer.split("/");
        return referenceKey({ ...reference }, namespace) === issuer;
    });
}

function nonEmpty(value: string | undefined): string | undefined {
    return value === "" ? undefined : value;
}

/** cert-manager's annotations name an issuer with `issuer` or `cluster-issuer`, and its kind and group. */
function problemOfAnnotations({ annotations, namespace }: Subject, mesh: MeshAuthority): string | undefined {
    const read = (name: string): string | undefined => {
        const value = annotations[`cert-manager.io/${name}`];
        return value === "" ? undefined : value;
    };
    const clusterIssuer = read("cluster-issuer");
    // The controller for OpenShift's Routes has annotations of its own.
    const name = clusterIssuer ?? read("issuer") ?? read("issuer-name");
    if (name === undefined) return undefined;
    const kind = read("issuer-kind") ?? (clusterIssuer === undefined ? "Issuer" : "ClusterIssuer");
    const reference = { name, kind, group: read("issuer-group") };
    return mesh.issuers.has(referenceKey(reference, namespace))
        ? `its annotations request a certificate of the mesh's issuer ${name}, which every proxy trusts`
        : undefined;
}

function problemOfVolumes(subject: Subject, mesh: MeshAuthority): string | undefined {
    for (const { path, spec } of podsIn(subject)) {
        for (const [index, volume] of list(spec["volumes"]).entries()) {
            if (textAt(volume, "csi", "driver") !== CSI_DRIVER) continue;
            const read = (name: string): string | undefined =>
                textAt(volume, "csi", "volumeAttributes", `${CSI_DRIVER}/issuer-${name}`);
            const reference = { name: read("name"), kind: read("kind"), group: read("group") };
            if (mesh.issuers.has(referenceKey(reference, subject.namespace)))
                return `${path}spec.volumes[${index}] requests a certificate of the mesh's issuer ${reference.name ?? ""}, which every proxy trusts`;
        }
    }
    return undefined;
}

function exceptionKey(subject: Subject): { namespace: string; name: string } {
    return { namespace: subject.isKubernetes ? subject.namespace : "", name: subject.name };
}
