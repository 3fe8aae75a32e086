/** Checks that the AWS Private CA can sign the mesh's intermediate CA for its whole validity. */
import type { MeshConfig } from "../../config/schema";
import { type PreflightIssue, type PreflightEnvironment, passed, failed } from "./model";

interface Authority {
    readonly Status: string;
    readonly UsageMode?: string;
    readonly NotAfter?: string;
}

const CHECK = "mesh root";
const DAY = 24 * 3600 * 1000;

export async function privateCaIssues(
    { certificates: { mesh } }: Pick<MeshConfig, "certificates">,
    { aws }: PreflightEnvironment,
    now = Date.now(),
): Promise<PreflightIssue[]> {
    if (mesh.from !== "aws-private-ca") return [];
    const region = mesh.arn.split(":")[3] ?? "";
    const { CertificateAuthority: authority } = (await aws(
        "acm-pca",
        "describe-certificate-authority",
        "--certificate-authority-arn",
        mesh.arn,
        "--region",
        region,
    )) as { CertificateAuthority: Authority };
    const problems = [
        ...(authority.Status === "ACTIVE" ? [] : [`its status is ${authority.Status}, so it cannot sign`]),
        ...(authority.UsageMode === "SHORT_LIVED_CERTIFICATE"
            ? ["its usage mode SHORT_LIVED_CERTIFICATE limits certificates to seven days"]
            : []),
        ...expiresBefore(authority, mesh.intermediate.durationDays, now),
    ];
    if (problems.length === 0) return [passed(CHECK, mesh.arn)];
    return [
        failed(
            CHECK,
            `${mesh.arn}: ${problems.join("; ")}`,
            "set certificates.mesh.arn to an active CA of usage mode GENERAL_PURPOSE; docs/runbooks/mesh-ca.md creates one",
        ),
    ];
}

/** AWS Private CA cannot sign a certificate that expires after the CA. */
function expiresBefore({ NotAfter }: Authority, days: number, now: number): string[] {
    if (NotAfter === undefined || Date.parse(NotAfter) >= now + days * DAY) return [];
    return [`it expires on ${NotAfter.slice(0, 10)}, before an intermediate CA valid for ${days} days`];
}
