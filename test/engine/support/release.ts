/** Helm's record of a release, as helm 3 writes it. */
import { gzipSync } from "node:zlib";
import { type ApiServer } from "./api-server";

export interface Recorded {
    readonly namespace: string;
    readonly name: string;
    readonly revision: number;
    readonly status: string;
    readonly labels: Readonly<Record<string, string>>;
    /** YAML documents. */
    readonly manifest: string;
}

export function putRelease(server: ApiServer, release: Recorded): void {
    const { namespace, name, revision, status, labels, manifest } = release;
    const content = JSON.stringify({ name, namespace, version: revision, manifest });
    const encoded = gzipSync(content).toString("base64");
    const secret = `sh.helm.release.v1.${name}.v${revision}`;
    server.put(`/api/v1/namespaces/${namespace}/secrets/${secret}`, {
        metadata: {
            name: secret,
            namespace,
            labels: { owner: "helm", name, version: String(revision), status, ...labels },
        },
        data: { release: Buffer.from(encoded).toString("base64") },
    });
}
