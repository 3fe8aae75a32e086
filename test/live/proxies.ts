/** The certificates and trusted roots of proxies. */
import assert from "node:assert/strict";
import type { X509Certificate } from "node:crypto";
import { split } from "./cert-manager";
import { run } from "./checkout";
import type { Deployment } from "./deployment";

export interface ProxySecrets {
    /** The workload certificate and its intermediates. */
    readonly chain: readonly X509Certificate[];
    readonly trusted: readonly X509Certificate[];
}

/** @param workload such as `deploy/auth.sparc`, or a pod's `name.namespace` */
export async function secretsOf(node: Deployment, workload: string): Promise<ProxySecrets> {
    const { status, stdout, stderr } = await run(node.program("istioctl"), [
        ...["proxy-config", "secret", workload, "--kubeconfig", node.kubeconfig, "--output", "json"],
    ]);
    assert.equal(status, 0, stderr);
    const { dynamicActiveSecrets } = JSON.parse(stdout) as {
        dynamicActiveSecrets: {
            name: string;
            secret: {
                tlsCertificate?: { certificateChain: { inlineBytes: string } };
                validationContext?: { trustedCa: { inlineBytes: string } };
            };
        }[];
    };
    const secret = (name: string) => dynamicActiveSecrets.find((one) => one.name === name)?.secret;
    const read = (bytes: string | undefined) => split(Buffer.from(bytes ?? "", "base64").toString("utf8"));
    return {
        chain: read(secret("default")?.tlsCertificate?.certificateChain.inlineBytes),
        trusted: read(secret("ROOTCA")?.validationContext?.trustedCa.inlineBytes),
    };
}
