/** cert-manager's certificates on the local cluster: renewals fail no request. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { connect } from "node:tls";
import { platform as catalogue } from "../../catalogue/platform";
import { deriveAll } from "../../components/concerns";
import { certificateName } from "../../components/base/names";
import { loadStackFile } from "../../config/load";
import { certificatesIn, certificatesOn, renew } from "./cert-manager";
import { CHECKOUT, mesh } from "./checkout";
import { get, target } from "./client";
import { Deployment, type Entry } from "./deployment";
import { eventually } from "./eventually";
import { checkedRequest, paced, underLoad } from "./load";

const WORKERS = 4;
/** 100 requests per second in total: the catalogue limits the host to 200. */
const INTERVAL_MS = 40;

describe("certificates on the local cluster", function () {
    this.timeout(600_000);
    const config = loadStackFile("local", CHECKOUT);
    const host = `auth.${config.domain}`;
    const name = certificateName("public");
    let node: Deployment;

    before(async () => {
        node = await Deployment.of();
    });

    it("are ready, and exactly those that the program derives", async () => {
        const derived = deriveAll({ catalogue, config })
            .objects.filter(({ kind }) => kind === "Certificate")
            .map(({ metadata }) => `${metadata.namespace ?? ""}/${metadata.name}`);
        assert.ok(derived.length >= 4);
        const certificates = await certificatesOn(node);
        assert.deepEqual(
            certificates.filter(({ ready }) => !ready),
            [],
        );
        assert.deepEqual(certificates.map((one) => `${one.namespace}/${one.name}`).sort(), derived.sort());
    });

    it("are renewed under load without a failed request", async () => {
        const before = await servedSerial(node.entry, host);
        let renewed = "";
        const { count, failures } = await underLoad(
            paced(
                checkedRequest(
                    () => get(target(node.entry, host, "/login")),
                    ({ status }) => (status === 200 ? undefined : `HTTP ${status}`),
                ),
                INTERVAL_MS,
            ),
            WORKERS,
            async () => {
                renewed = await renew(node, "istio-ingress", name);
                await eventually(async () => {
                    assert.equal(await servedSerial(node.entry, host), renewed);
                });
            },
        );
        process.stdout.write(`      ${count} requests during the renewal, ${failures.length} failed\n`);
        assert.notEqual(renewed, before);
        assert.deepEqual(failures, []);
        assert.ok(count > 50, `${count} requests`);
    });

    it("get a new key with each renewal", async () => {
        const key = async () => {
            const [leaf] = await certificatesIn(node, "istio-ingress", name);
            return leaf?.publicKey.export({ type: "spki", format: "pem" });
        };
        const before = await key();
        await renew(node, "istio-ingress", name);
        assert.notEqual(await key(), before);
    });

    it("are not changed by another `mesh up`, which changes nothing", async () => {
        const before = await servedSerial(node.entry, host);
        const { created, updated, pruned } = await node.up();
        assert.deepEqual({ created, updated, pruned }, { created: 0, updated: 0, pruned: 0 });
        assert.equal(await servedSerial(node.entry, host), before);
    });

    it("are trusted by `mesh verify` at the edge", async () => {
        const { status, stdout, stderr } = await mesh(CHECKOUT, ["verify", "--layer", "ingress"]);
        assert.equal(status, 0, stdout + stderr);
    });
});

/** The serial number of the certificate that the gateway at `entry` presents for `host`, verified with its CA. */
function servedSerial(entry: Entry, host: string): Promise<string> {
    return new Promise((done, failed) => {
        const socket = connect(
            { host: entry.address, port: entry.port, servername: host, ca: readFileSync(entry.authority) },
            () => {
                done(socket.getPeerCertificate().serialNumber);
                socket.destroy();
            },
        ).on("error", failed);
    });
}
