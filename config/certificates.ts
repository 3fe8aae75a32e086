/** The issuers of certificates: the gateways', the mesh CA's and clients'; and the cert-manager release. */
import { X509Certificate } from "node:crypto";
import { z } from "zod";
import { CERT_MANAGER_VERSION } from "./versions";

const chart = z.discriminatedUnion("from", [
    z.strictObject({
        from: z.literal("repository"),
        repository: z.url({ protocol: /^https$/ }).default("https://charts.jetstack.io"),
    }),
    z.strictObject({
        from: z.literal("folder"),
        path: z.string().min(1).describe("The folder that contains the chart."),
    }),
]);

export const secretName = z
    .string()
    .regex(/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/, "must be the name of a Secret, such as edge-authority");

const acme = z.strictObject({
    from: z.literal("acme"),
    server: z
        .url({ protocol: /^https$/ })
        .default("https://acme-v02.api.letsencrypt.org/directory")
        .describe("The directory URL of the ACME server."),
    email: z.email().describe("The address to which the ACME server sends expiry notices."),
});

const authority = z.strictObject({
    from: z.literal("authority"),
    secret: secretName.describe(
        "A Secret in cert-manager's namespace with tls.crt, tls.key and ca.crt of a private CA.",
    ),
});

const selfSigned = z.strictObject({
    from: z.literal("self-signed").describe("A CA that cert-manager creates. No client trusts it yet."),
});

/** The maximum validity of a public CA's certificate, in days. */
const MAX_DAYS = 397;
/** Days before expiry at which the alert for a certificate that was not renewed fires. */
const ALERT_DAYS = 30;

const lifetime = (duration: string) =>
    z
        .strictObject({
            durationDays: z.int().max(MAX_DAYS).default(90).describe(duration),
            renewBeforeDays: z
                .int()
                .min(
                    ALERT_DAYS + 1,
                    `must be more than ${ALERT_DAYS}: an alert fires ${ALERT_DAYS} days before a certificate expires`,
                )
                .default(45)
                .describe("Days before expiry at which a certificate is renewed."),
        })
        .refine(({ durationDays, renewBeforeDays }) => renewBeforeDays <= durationDays / 2, {
            message:
                "must be at most half of durationDays, or a certificate is being renewed for most of its lifetime",
            path: ["renewBeforeDays"],
        });

const gateways = lifetime("A certificate's validity in days. An ACME server uses its default instead.");

/**
 * The roots that proxies trust in addition to, or instead of, the signing root. A root rotation changes them step by
 * step.
 */
const trustedRoots = z
    .array(
        z.string().superRefine((text, context) => {
            const problem = rootProblem(text);
            if (problem !== undefined) context.addIssue({ code: "custom", message: problem, input: text });
        }),
    )
    .default([])
    .describe("The roots that proxies trust, in PEM. Empty: the signing root only.");

/** Returns why `text` is not the certificate of exactly one root CA, or undefined. */
function rootProblem(text: string): string | undefined {
    if (text.includes("PRIVATE KEY"))
        return "must be a certificate in PEM; this contains a private key, which must stay with its signer";
    if ((text.match(/-----BEGIN CERTIFICATE-----/g) ?? []).length !== 1)
        return "must be one certificate in PEM";
    try {
        const { ca, subject, issuer } = new X509Certificate(text);
        return ca && subject === issuer
            ? undefined
            : "must be the certificate of a root CA, which is self-signed";
    } catch {
        return "must be a certificate in PEM; this cannot be parsed";
    }
}

const generation = z.int().min(1).max(999);

const meshRoot = z
    .strictObject({
        from: z
            .literal("self-signed")
            .describe("A root that cert-manager creates and stores in the control plane's namespace."),
        roots: z
            .array(generation)
            .min(1)
            .default([1])
            .describe("The roots that exist, by number. A new number creates a new root."),
        signingRoot: generation.default(1).describe("The root that signs the intermediate CA."),
        intermediate: lifetime("The intermediate CA's validity in days.").prefault({}),
        trustedRoots,
    })
    .refine(({ roots }) => new Set(roots).size === roots.length, {
        message: "must list each root once",
        path: ["roots"],
    })
    .refine(({ roots, signingRoot }) => roots.includes(signingRoot), {
        message: "must be one of roots",
        path: ["signingRoot"],
    });

const meshAuthority = z.strictObject({
    from: z.literal("authority"),
    secret: secretName.describe(
        "A Secret in the control plane's namespace with tls.crt and tls.key of the mesh's root.",
    ),
    intermediate: lifetime("The intermediate CA's validity in days.").prefault({}),
    trustedRoots,
});

const meshAwsPrivateCa = z.strictObject({
    from: z
        .literal("aws-private-ca")
        .describe(
            "A CA of AWS Private CA, whose key never leaves AWS. Only the intermediate CA's key is in the cluster.",
        ),
    arn: z
        .string()
        .regex(
            /^arn:aws:acm-pca:[a-z0-9-]+:\d{12}:certificate-authority\/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
            "must be the ARN of a CA, such as arn:aws:acm-pca:eu-central-1:111122223333:certificate-authority/11111111-2222-3333-4444-555555555555",
        )
        .describe(
            "The CA that signs the intermediate CA: a root, or a subordinate CA that can sign another. It must issue certificates valid for intermediate.durationDays (usage mode GENERAL_PURPOSE).",
        ),
    chart: chart
        .default({ from: "repository", repository: "https://cert-manager.github.io/aws-privateca-issuer" })
        .describe("The source of aws-privateca-issuer's chart."),
    image: z
        .string()
        .min(1)
        .default("public.ecr.aws/k1n1h4h4/cert-manager-aws-privateca-issuer")
        .describe("The repository of aws-privateca-issuer's image."),
    intermediate: lifetime("The intermediate CA's validity in days.").prefault({}),
    trustedRoots,
});

const meshIstiod = z.strictObject({
    from: z.literal("istiod").describe("A root that istiod generates. It is never renewed."),
});

const clientAuthority = z.discriminatedUnion("from", [
    z.strictObject({
        from: z.literal("secret"),
        secret: secretName.describe(
            "A Secret in the gateways' namespace with the CA as ca.crt, and optionally a certificate revocation list as ca.crl.",
        ),
    }),
    z.strictObject({
        from: z
            .literal("self-signed")
            .describe("A CA that cert-manager creates, with one client certificate, for tests."),
    }),
]);

const clientAuthorities = z.record(
    z
        .string()
        .regex(/^[a-z0-9]([-a-z0-9]{0,40}[a-z0-9])?$/, "must be the name of an authority, such as devices"),
    clientAuthority,
);

export const certificates = z.strictObject({
    chart: chart.default({ from: "repository", repository: "https://charts.jetstack.io" }),
    hub: z
        .string()
        .min(1)
        .default("quay.io/jetstack")
        .describe(
            "The registry of the images cert-manager-controller, cert-manager-webhook and cert-manager-cainjector.",
        ),
    tag: z.string().min(1).default(CERT_MANAGER_VERSION),
    startupCheck: z
        .boolean()
        .default(true)
        .describe(
            "Whether the release waits for a job that checks the webhook. Turn off if that job's image is not available.",
        ),
    replicas: z
        .int()
        .min(1)
        .max(5)
        .default(2)
        .describe("Replicas of the controller, of the webhook and of the CA injector."),
    issuer: z
        .discriminatedUnion("from", [acme, authority, selfSigned])
        .default({ from: "self-signed" })
        .describe("The issuer of the gateways' certificates."),
    gateways: gateways.prefault({}),
    clients: clientAuthorities
        .default({})
        .describe("The CAs of client certificates, by the authority that the catalogue names."),
    mesh: z
        .discriminatedUnion("from", [meshRoot, meshAuthority, meshAwsPrivateCa, meshIstiod])
        .prefault({ from: "self-signed" })
        .describe("The issuer of the intermediate CA with which istiod signs workload certificates."),
});
