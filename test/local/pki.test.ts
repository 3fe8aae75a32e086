import assert from "node:assert/strict";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { createAuthority, issue } from "../../local/node/authority";
import { ensurePki, identities, type Identity, pkiFiles } from "../../local/node/pki";

const address = "10.254.77.2";
const usageNames = { server: "1.3.6.1.5.5.7.3.1", client: "1.3.6.1.5.5.7.3.2" };

describe("certificates", () => {
    it("are signed only by their authority", async () => {
        const [authority, other] = [await createAuthority("one"), await createAuthority("one")];
        const leaf = new X509Certificate(
            (await issue(authority, { commonName: "x", usages: ["client"] })).certificate,
        );
        assert.ok(leaf.verify(new X509Certificate(authority.certificate).publicKey));
        assert.ok(!leaf.verify(new X509Certificate(other.certificate).publicKey));
    });

    it("contain subject and key usage", async () => {
        const authority = await createAuthority("authority");
        const { certificate, key } = await issue(authority, {
            commonName: "server",
            organizations: ["group"],
            dnsNames: ["a.example", "localhost"],
            addresses: ["127.0.0.1"],
            usages: ["server", "client"],
        });
        const parsed = new X509Certificate(certificate);
        assert.equal(parsed.subject, "O=group\nCN=server");
        assert.equal(parsed.subjectAltName, "DNS:a.example, DNS:localhost, IP Address:127.0.0.1");
        assert.deepEqual(parsed.keyUsage, [usageNames.server, usageNames.client]);
        assert.equal(parsed.ca, false);
        assert.ok(parsed.checkPrivateKey(createPrivateKey(key)));
    });

    it("cannot sign others unless they are a CA's", async () => {
        const authority = await createAuthority("authority");
        assert.equal(new X509Certificate(authority.certificate).ca, true);
    });
});

describe("the node's identities", () => {
    const all = Object.entries(identities(address));
    const named = (name: string): Identity => {
        const identity = identities(address)[name];
        assert.ok(identity, name);
        return identity;
    };

    it("have the subjects of Kubernetes' components", () => {
        assert.deepEqual(
            ["kubelet-client", "controller-manager", "scheduler", "kube-proxy"].map(
                (name) => named(name).commonName,
            ),
            [
                "system:node:sparc-node",
                "system:kube-controller-manager",
                "system:kube-scheduler",
                "system:kube-proxy",
            ],
        );
        assert.deepEqual(named("kubelet-client").organizations, ["system:nodes"]);
    });

    it("grant cluster-admin only to the administrator", () => {
        const masters = all.filter(([, { organizations }]) => organizations?.includes("system:masters"));
        assert.deepEqual(
            masters.map(([name]) => name),
            ["admin"],
        );
    });

    it("prevent server certificates from authenticating as API clients", () => {
        const both = all.filter(([, { authority, usages }]) => authority === "cluster" && usages.length > 1);
        assert.deepEqual(both, []);
    });

    it("include the address by which the host reaches API server and kubelet", () => {
        assert.ok(named("apiserver").addresses?.includes(address));
        assert.deepEqual(named("kubelet-server").addresses, [address]);
        assert.equal(named("kubelet-server").authority, "kubelet");
    });
});

describe("the PKI folder", () => {
    let folder: string;
    const small = { one: { authority: "etcd", commonName: "one", usages: ["client"] } } as const;
    const content = async (): Promise<Record<string, string>> => {
        const names = await readdir(folder);
        return Object.fromEntries(
            await Promise.all(
                names.map(async (name) => [name, await readFile(join(folder, name), "utf8")] as const),
            ),
        );
    };

    beforeEach(async () => {
        folder = await mkdtemp(join(tmpdir(), "sparc-mesh-pki-"));
    });
    afterEach(async () => {
        await rm(folder, { recursive: true });
    });

    it("is readable only by its owner", async () => {
        await ensurePki(folder, small);
        for (const name of await readdir(folder))
            assert.equal((await stat(join(folder, name))).mode & 0o777, 0o600, name);
    });

    it("is unchanged when it is complete", async () => {
        await ensurePki(folder, small);
        const first = await content();
        await ensurePki(folder, small);
        assert.deepEqual(await content(), first);
    });

    it("is completed with only the missing files", async () => {
        await ensurePki(folder, small);
        const { [pkiFiles.identity("one")]: old, ...rest } = await content();
        await rm(join(folder, pkiFiles.identity("one")));
        await ensurePki(folder, small);
        const { [pkiFiles.identity("one")]: now, ...others } = await content();
        assert.deepEqual(others, rest);
        assert.notEqual(now, old);
    });

    it("replaces a certificate that no longer matches", async () => {
        await ensurePki(folder, small);
        await ensurePki(folder, { one: { ...small.one, dnsNames: ["new.example"] } });
        const text = (await content())[pkiFiles.identity("one")] ?? "";
        assert.equal(
            new X509Certificate(text.slice(text.indexOf("-----BEGIN CERT"))).subjectAltName,
            "DNS:new.example",
        );
    });

    it("replaces a certificate that is about to expire", async () => {
        await ensurePki(folder, small);
        const file = join(folder, pkiFiles.identity("one"));
        const text = await readFile(file, "utf8");
        const soon = new Date(Date.now() + 24 * 3600 * 1000).toISOString();
        await writeFile(file, text.replace(/valid until: \S+/, `valid until: ${soon}`));
        await ensurePki(folder, small);
        assert.ok(!(await readFile(file, "utf8")).includes(soon));
    });
});
