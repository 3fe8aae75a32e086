/** Who issues the gateways' certificates, and cert-manager, which asks for them and renews them. */
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
        path: z.string().min(1).describe("a folder that holds the chart"),
    }),
]);

const secretName = z
    .string()
    .regex(/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/, "must be the name of a Secret, such as edge-authority");

const acme = z.strictObject({
    from: z.literal("acme"),
    server: z
        .url({ protocol: /^https$/ })
        .default("https://acme-v02.api.letsencrypt.org/directory")
        .describe("the directory of an ACME server"),
    email: z.email().describe("whom it tells of what ends"),
});

const authority = z.strictObject({
    from: z.literal("authority"),
    secret: secretName.describe(
        "a Secret in cert-manager's namespace with tls.crt, tls.key and ca.crt of a private CA",
    ),
});

const selfSigned = z.strictObject({
    from: z.literal("self-signed").describe("a CA that cert-manager makes, and that no client knows yet"),
});

/** Days of a public CA's certificates, all of which are in force. */
const LONGEST = 397;
/** Days before a certificate's end at which an alert tells that nobody has renewed it. */
const ALERTED = 30;

const lasting = (days: string) =>
    z
        .strictObject({
            days: z.int().max(LONGEST).default(90).describe(days),
            renewBeforeDays: z
                .int()
                .min(
                    ALERTED + 1,
                    `must be more than ${ALERTED}: that many days before its end, an alert says that it was not renewed`,
                )
                .default(45)
                .describe("how long before its end a certificate is renewed"),
        })
        .refine(({ days, renewBeforeDays }) => renewBeforeDays <= days / 2, {
            message: "must be at most half of days: a certificate would be renewed for most of its time",
            path: ["renewBeforeDays"],
        });

const gateways = lasting("how long a certificate lasts; an ACME server decides by itself");

/** Roots that are trusted beside, or instead of, the one that signs: what a rotation of the root goes through. */
const trust = z
    .array(
        z.string().superRefine((text, context) => {
            const wrong = wrongInRoot(text);
            if (wrong !== undefined) context.addIssue({ code: "custom", message: wrong, input: text });
        }),
    )
    .default([])
    .describe("the roots that proxies trust, in PEM; the one that signs alone where empty");

/** What keeps `text` from being the certificate of one root, if anything does. */
function wrongInRoot(text: string): string | undefined {
    if (text.includes("PRIVATE KEY"))
        return "must be a certificate in PEM; this holds a private key, which nobody but its signer may have";
    if ((text.match(/-----BEGIN CERTIFICATE-----/g) ?? []).length !== 1)
        return "must be one certificate in PEM";
    try {
        const { ca, subject, issuer } = new X509Certificate(text);
        return ca && subject === issuer
            ? undefined
            : "must be the certificate of a root: a CA that nobody else has signed";
    } catch {
        return "must be a certificate in PEM; this cannot be read";
    }
}

const generation = z.int().min(1).max(999);

const meshRoot = z
    .strictObject({
        from: z
            .literal("self-signed")
            .describe("a root that cert-manager makes and keeps, in the control plane's namespace"),
        roots: z
            .array(generation)
            .min(1)
            .default([1])
            .describe("the roots that are there, by number; a new one is made once"),
        signing: generation.default(1).describe("the root that signs the intermediate CA"),
        intermediate: lasting("how long the intermediate CA lasts").prefault({}),
        trust,
    })
    .refine(({ roots }) => new Set(roots).size === roots.length, {
        message: "must name each root once",
        path: ["roots"],
    })
    .refine(({ roots, signing }) => roots.includes(signing), {
        message: "must be one of roots: the root that signs has to be there",
        path: ["signing"],
    });

const meshAuthority = z.strictObject({
    from: z.literal("authority"),
    secret: secretName.describe(
        "a Secret in the control plane's namespace with tls.crt and tls.key of the mesh's root",
    ),
    intermediate: lasting("how long the intermediate CA lasts").prefault({}),
    trust,
});

const meshAwsPrivateCa = z.strictObject({
    from: z
        .literal("aws-private-ca")
        .describe(
            "a CA of AWS Private CA, whose key never leaves AWS; only the intermediate's key is in the cluster",
        ),
    arn: z
        .string()
        .regex(
            /^arn:aws:acm-pca:[a-z0-9-]+:\d{12}:certificate-authority\/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
            "must be the ARN of a CA, such as arn:aws:acm-pca:eu-central-1:111122223333:certificate-authority/11111111-2222-3333-4444-555555555555",
        )
        .describe(
            "the CA that signs the intermediate CA: a root, or a subordinate CA that may sign another. It must issue for as long as intermediate.days (usage mode GENERAL_PURPOSE)",
        ),
    chart: chart
        .default({ from: "repository", repository: "https://cert-manager.github.io/aws-privateca-issuer" })
        .describe("where aws-privateca-issuer's chart is"),
    image: z
        .string()
        .min(1)
        .default("public.ecr.aws/k1n1h4h4/cert-manager-aws-privateca-issuer")
        .describe("the repository of aws-privateca-issuer's image"),
    intermediate: lasting("how long the intermediate CA lasts").prefault({}),
    trust,
});

const meshIstiod = z.strictObject({
    from: z
        .literal("istiod")
        .describe("a root that istiod makes for itself; nobody renews what it signs with"),
});

const clientAuthority = z.discriminatedUnion("from", [
    z.strictObject({
        from: z.literal("secret"),
        secret: secretName.describe(
            "a Secret in the gateways' namespace with the CA as ca.crt, and a revocation list as ca.crl where there is one",
        ),
    }),
    z.strictObject({
        from: z
            .literal("self-signed")
            .describe("a CA that cert-manager makes, with one client's certificate, for trying it out"),
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
        .describe("where the images cert-manager-controller, -webhook and -cainjector are pulled from"),
    tag: z.string().min(1).default(CERT_MANAGER_VERSION),
    startupCheck: z
        .boolean()
        .default(true)
        .describe(
            "a job sees that the webhook answers before the release is done; off where the node has no such image",
        ),
    replicas: z.int().min(1).max(5).default(2).describe("of each of cert-manager's programs"),
    issuer: z
        .discriminatedUnion("from", [acme, authority, selfSigned])
        .default({ from: "self-signed" })
        .describe("of the gateways' certificates"),
    gateways: gateways.prefault({}),
    clients: clientAuthorities
        .default({})
        .describe("the CAs of clients' certificates, by the authority that the catalogue names"),
    mesh: z
        .discriminatedUnion("from", [meshRoot, meshAuthority, meshAwsPrivateCa, meshIstiod])
        .prefault({ from: "self-signed" })
        .describe("who signs the CA that istiod signs workloads' certificates with"),
});
