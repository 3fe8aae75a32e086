/** Large requests to an external host, through a sidecar and the egress gateway with a real istiod and a real Envoy. */
import assert from "node:assert/strict";
import { connect, type Socket } from "node:net";
import { platform as catalogue } from "../../catalogue/platform";
import { deriveAll } from "../../components/concerns";
import type { MeshConfig } from "../../config/schema";
import { exchange } from "../support/envoy/client";
import { type Field, sendHttp2 } from "../support/envoy/http2";
import { requireEnvoy } from "../support/envoy/program";
import { type RecordingApp, startRecordingApp } from "../support/envoy/recorder";
import { config, withEdge } from "../support/edge";
import { type ControlPlane, requireToolchain, startControlPlane } from "../support/istiod/control-plane";
import { type EgressPath, registeredEgress, startEgress } from "../support/istiod/egress";
import { skip } from "../support/skip";

const CALLER = "notifications";
const HOST = "api.twilio.com";
const KINDS = ["AuthorizationPolicy", "DestinationRule", "EnvoyFilter", "Gateway", "PeerAuthentication"];
const ROUTING = ["ServiceEntry", "Sidecar", "VirtualService"];

/** `kib` KiB in 8 fields. */
const large = (kib: number): Field[] =>
    Array.from({ length: 8 }, (_, index) => [`x-large-${index}`, "a".repeat(kib * 128)]);
const many = (count: number): Field[] =>
    Array.from({ length: count }, (_, index) => [`x-many-${index}`, "1"]);

describe("request headers to an external host, with a real istiod", function () {
    this.timeout(240_000);
    let plane: ControlPlane | undefined;
    let path: EgressPath | undefined;
    let external: RecordingApp | undefined;

    const starting = (address: string, limits?: MeshConfig["edge"]["requestHeaders"]) =>
        async function (this: Mocha.Context) {
            if (process.getuid?.() !== 0)
                skip(this, "the gateway's ports are below 1024, which requires root");
            const toolchain = await requireToolchain(this);
            const envoy = await requireEnvoy(this);
            external = await startRecordingApp();
            const stack = limits === undefined ? config : withEdge({ requestHeaders: limits });
            const objects = deriveAll({ catalogue, config: stack }).objects.filter(
                ({ kind, metadata }) =>
                    [...KINDS, ...ROUTING].includes(kind) &&
                    ["istio-egress", "istio-system", "sparc"].includes(metadata.namespace ?? "") &&
                    !metadata.name.includes("limit"),
            );
            plane = await startControlPlane(toolchain, [...objects, ...registeredEgress(CALLER)], {});
            path = await startEgress(envoy, plane, {
                caller: CALLER,
                host: HOST,
                hostPort: external.http1Port,
                address,
            });
        };
    const stopping = async () => {
        await path?.stop();
        await plane?.stop();
        external?.stop();
        [path, plane, external] = [undefined, undefined, undefined];
    };

    const dial = (port: number): Promise<Socket> =>
        new Promise((resolve, reject) => {
            const socket = connect(port, "127.0.0.1");
            socket.once("error", reject).once("connect", () => {
                resolve(socket);
            });
        });

    /** The status over HTTP/1.1, and the fields of `sent` that the host received. */
    async function post(port: number, sent: readonly Field[]) {
        const lines = sent.map(([name, value]) => `${name}: ${value}\r\n`).join("");
        const request = `POST /v1/messages HTTP/1.1\r\nhost: ${HOST}\r\ncontent-length: 0\r\n${lines}\r\n`;
        const { status } = await exchange(await dial(port), request);
        return { status, received: external!.taken().map(({ headers }) => received(headers, sent)) };
    }

    /** The requests that the host received over HTTP/2 from the caller. */
    async function post2(port: number, sent: readonly Field[]) {
        const pseudo: Field[] = [
            [":method", "POST"],
            [":scheme", "http"],
            [":authority", HOST],
            [":path", "/v1/messages"],
        ];
        await sendHttp2(await dial(port), { fields: [...pseudo, ...sent] });
        return external!.taken().map(({ headers }) => received(headers, sent));
    }

    function received(headers: readonly Field[], sent: readonly Field[]): number {
        const values = new Map(headers);
        return sent.filter(([name, value]) => values.get(name) === value).length;
    }

    function passes(what: string, sent: readonly Field[]): void {
        it(`${what} reach the host unchanged, over HTTP/1.1 and HTTP/2`, async () => {
            assert.deepEqual(await post(path!.sidecarPort, sent), { status: 200, received: [sent.length] });
            assert.deepEqual(await post2(path!.sidecarPort, sent), [sent.length]);
        });
    }
    function rejects(what: string, sent: readonly Field[]): void {
        it(`${what} get 431 from the sidecar and from the egress gateway, and a reset over HTTP/2`, async () => {
            for (const port of [path!.sidecarPort, path!.gatewayPort]) {
                assert.deepEqual(await post(port, sent), { status: 431, received: [] });
                assert.deepEqual(await post2(port, sent), []);
            }
        });
    }

    describe("by default", () => {
        before(starting("127.3.12.1"));
        after(stopping);
        passes("59 KiB", large(59));
        passes("95 fields", many(95));
        passes("112 KiB, twice a client's limit with what proxies add,", large(112));
        passes("180 fields", many(180));
        rejects("125 KiB", large(125));
        rejects("210 fields", many(210));
    });

    describe("with limits of 200 KiB and 300 fields", () => {
        before(starting("127.3.12.2", { maxKb: 200, maxCount: 300 }));
        after(stopping);
        passes("390 KiB", large(390));
        passes("580 fields", many(580));
        rejects("410 KiB", large(410));
        rejects("620 fields", many(620));
    });

    describe("with the minimum limits", () => {
        before(starting("127.3.12.3", { maxKb: 16, maxCount: 50 }));
        after(stopping);
        passes("28 KiB", large(28));
        passes("80 fields", many(80));
        rejects("36 KiB", large(36));
        rejects("105 fields", many(105));
    });
});
