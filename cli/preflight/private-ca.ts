/** Whether the CA at AWS that signs the mesh's intermediate CA can sign one for as long as it is to last. */
import type { MeshConfig } from "../../config/schema";
import { type Finding, type Surroundings, right, wrong } from "./model";

interface Authority {
    readonly Status: string;
    readonly UsageMode?: string;
    readonly NotAfter?: string;
}

const WHAT = "mesh root";
const DAY = 24 * 3600 * 1000;

export async function privateCaFindings(
    { certificates: { mesh } }: Pick<MeshConfig, "certificates">,
    { aws }: Surroundings,
    now = Date.now(),
): Promise<Finding[]> {
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
        ...(authority.Status === "ACTIVE" ? [] : [`it is ${authority.Status} and signs nothing`]),
        ...(authority.UsageMode === "SHORT_LIVED_CERTIFICATE"
            ? ["its usage mode SHORT_LIVED_CERTIFICATE signs for seven days at most"]
            : []),
        ...endsBefore(authority, mesh.intermediate.days, now),
    ];
    if (problems.length === 0) return [right(WHAT, mesh.arn)];
    return [
        wrong(
            WHAT,
            `${mesh.arn}: ${problems.join("; ")}`,
            "name an active CA of usage mode GENERAL_PURPOSE in certificates.mesh.arn, as docs/runbooks/mesh-ca.md makes one",
        ),
    ];
}

/** AWS Private CA refuses to sign what outlasts the CA itself. */
function endsBefore({ NotAfter }: Authority, days: number, now: number): string[] {
    if (NotAfter === undefined || Date.parse(NotAfter) >= now + days * DAY) return [];
    return [`it ends on ${NotAfter.slice(0, 10)}, before an intermediate CA of ${days} days would`];
}
