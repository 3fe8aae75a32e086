import { type Document, documentOf } from "./document";

/** The one kind of certificate that is asked for: a CA that can sign no other CA. */
const INTERMEDIATE = "arn:aws:acm-pca:::template/SubordinateCACertificate_PathLen0/V1";

/** What aws-privateca-issuer needs to have an intermediate CA signed by `arn`, and nothing but such. */
export function privateCaDocument(arn: string): Document {
    return documentOf(
        {
            Effect: "Allow",
            Action: ["acm-pca:DescribeCertificateAuthority", "acm-pca:GetCertificate"],
            Resource: arn,
        },
        {
            Effect: "Allow",
            Action: ["acm-pca:IssueCertificate"],
            Resource: arn,
            Condition: { StringEquals: { "acm-pca:TemplateArn": INTERMEDIATE } },
        },
    );
}
