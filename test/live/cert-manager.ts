/** Reads certificates from cert-manager, and triggers renewals. */
import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import type { Deployment } from "./deployment";

export interface Issued {
    readonly namespace: string;
    readonly name: string;
    readonly ready: boolean;
    readonly secret: string;
}

export async function certificatesOn(node: Deployment): Promise<Issued[]> {
    const text = await node.kubectl([
        ...["get", "certificates.cert-manager.io", "--all-namespaces", "--output", "json"],
    ]);
    const { items } = JSON.parse(text) as {
        items: {
            metadata: { namespace: string; name: string };
            spec: { secretName: string };
            status?: { conditions?: { type: string; status: string }[] };
        }[];
    };
    return items.map(({ metadata: { namespace, name }, spec, status }) => ({
        namespace,
        name,
        secret: spec.secretName,
        ready: status?.conditions?.some((one) => one.type === "Ready" && one.status === "True") ?? false,
    }));
}

/** The certificates in a key of a Secret, in order. */
export async function certificatesIn(
    node: Deployment,
    namespace: string,
    secret: string,
    key = "tls.crt",
): Promise<X509Certificate[]> {
    const text = await node.kubectl([
        ...["get", "secret", "--namespace", namespace, secret],
        ...["--output", `jsonpath={.data.${key.replace(".", "\\.")}}`],
    ]);
    return split(Buffer.from(text, "base64").toString("utf8"));
}

export function split(pem: string): X509Certificate[] {
    const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
    return blocks.map((block) => new X509Certificate(block));
}

/** Makes cert-manager reissue a certificate, like `cmctl renew`. @returns the new serial number */
export async function renew(node: Deployment, namespace: string, name: string): Promise<string> {
    const condition = {
        type: "Issuing",
        status: "True",
        reason: "ManuallyTriggered",
        message: "a test renews it",
        lastTransitionTime: new Date().toISOString(),
    };
    return await reissued(node, namespace, name, async () => {
        await node.kubectl([
            ...["patch", "certificates.cert-manager.io", "--namespace", namespace, name],
            ...["--subresource", "status", "--type", "json", "--patch"],
            JSON.stringify([{ op: "add", path: "/status/conditions/-", value: condition }]),
        ]);
    });
}

/** Waits for the certificate that cert-manager issues after `act`. @returns its serial number */
export async function reissued(
    node: Deployment,
    namespace: string,
    name: string,
    act: () => Promise<void>,
): Promise<string> {
    const before = await serialOf(node, namespace, name);
    await act();
    for (const end = Date.now() + 60_000; Date.now() < end;) {
        const serial = await serialOf(node, namespace, name);
        if (serial !== before) return serial;
    }
    return assert.fail(`cert-manager has not issued ${namespace}/${name} within a minute`);
}

async function serialOf(node: Deployment, namespace: string, name: string): Promise<string> {
    const all = await certificatesOn(node);
    const { secret } =
        all.find((one) => one.namespace === namespace && one.name === name) ??
        assert.fail(`Certificate ${namespace}/${name} does not exist`);
    const [leaf] = await certificatesIn(node, namespace, secret);
    return leaf?.serialNumber ?? assert.fail(`the Secret ${namespace}/${secret} holds no certificate`);
}
