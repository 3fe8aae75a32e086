import { type Document, documentOf } from "./document";

/** The only certificate that is requested: a CA that cannot sign another CA. */
const INTERMEDIATE = "arn:aws:acm-pca:::template/SubordinateCACertificate_PathLen0/V1";

/** Permissions of aws-privateca-issuer: it has intermediate CAs signed by `arn`, and nothing else. */
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
