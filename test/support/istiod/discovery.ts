/**
 * Reads a sidecar's listeners from istiod without an Envoy: it subscribes as one, and istiod's debug page shows what it generates for
 * the subscriber. A tenth of the work of an Envoy; whether Envoy accepts the configuration must be tested elsewhere.
 */
import { Client, credentials } from "@grpc/grpc-js";
import { BinaryWriter } from "google-protobuf";
import { structOf } from "../../../local/engine/program/struct";
import type { Json } from "../envoy/patched";
import { type Proxy, nodeOf } from "./config-dump";
import type { ControlPlane } from "./control-plane";

const STREAM = "/envoy.service.discovery.v3.AggregatedDiscoveryService/StreamAggregatedResources";
const LISTENER = "type.googleapis.com/envoy.config.listener.v3.Listener";
const LISTENERS_DUMP = "type.googleapis.com/envoy.admin.v3.ListenersConfigDump";

/** Connections to istiod that subscribe as sidecars, one after another. */
export class Discovery {
    readonly #client: Client;

    constructor(private readonly plane: ControlPlane) {
        this.#client = new Client(`127.0.0.1:${plane.xdsPort}`, credentials.createInsecure());
    }

    /** The listeners of a sidecar, with the field names of Protocol Buffers' JSON (`filterChains`). */
    async listeners(proxy: Proxy): Promise<readonly Json[]> {
        const stream = this.#client.makeBidiStreamRequest<Buffer, Buffer>(
            STREAM,
            (request) => request,
            (response) => response,
        );
        try {
            await new Promise<void>((resolve, reject) => {
                stream.once("data", () => {
                    resolve();
                });
                stream.once("error", reject);
                stream.write(subscription(proxy));
            });
            return await this.#dumpedListeners(nodeOf(proxy).id.split("~")[2] ?? "");
        } finally {
            // The stream reports its own cancellation as an error.
            stream.on("error", () => undefined);
            stream.cancel();
        }
    }

    close(): void {
        this.#client.close();
    }

    async #dumpedListeners(proxyId: string): Promise<readonly Json[]> {
        const page = `http://127.0.0.1:${this.plane.debugPort}/debug/config_dump?proxyID=${proxyId}`;
        const response = await fetch(page);
        if (!response.ok) throw new Error(`istiod answers ${response.status}: ${await response.text()}`);
        const { configs } = (await response.json()) as { configs: readonly Json[] };
        const dump = configs.find((one) => one["@type"] === LISTENERS_DUMP) as
            { dynamicListeners?: readonly { activeState: { listener: Json } }[] } | undefined;
        return (dump?.dynamicListeners ?? []).map(({ activeState }) => activeState.listener);
    }
}

/** A DiscoveryRequest for listeners (envoy/service/discovery/v3/discovery.proto, envoy/config/core/v3/base.proto). */
function subscription(proxy: Proxy): Buffer {
    const { id, cluster, metadata } = nodeOf(proxy);
    const node = new BinaryWriter();
    node.writeString(1, id);
    node.writeString(2, cluster);
    node.writeBytes(3, structOf(metadata).serializeBinary());
    const request = new BinaryWriter();
    request.writeBytes(2, node.getResultBuffer());
    request.writeString(4, LISTENER);
    return Buffer.from(request.getResultBuffer());
}
