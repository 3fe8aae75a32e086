import assert from "node:assert/strict";
import type { Call, Catalogue } from "../../catalogue/model";
import { toProbe } from "../../cli/verify/probe/wire";
import { resilienceChecks } from "../../cli/verify/plan/resilience";
import { options } from "./deployed";
import { small } from "./small";

const { config } = options.platform;
const { web, auth } = small.services;

function withCall(call: Partial<Call> & Pick<Call, "port">): Catalogue {
    assert.ok(web !== undefined && auth !== undefined);
    const ports = {
        ...auth.ports,
        events: { protocol: "ws", number: 8090, path: "/v1/events" },
        wire: { protocol: "tcp", number: 7000, application: "test" },
    } as const;
    const calls = [{ to: "auth", timeout: "1s", idempotent: false, ...call } as Call];
    return { ...small, services: { web: { ...web, calls }, auth: { ...auth, ports } } };
}

function checked(catalogue: Catalogue): string[] {
    return resilienceChecks({ catalogue, config }).map(({ destination, behavior, expected }) =>
        [destination.name, destination.portName, behavior?.kind, JSON.stringify(expected)].join(" "),
    );
}

const WEB = '{"kind":"answered","caller":"spiffe://cluster.local/ns/sparc/sa/web"}';
const STORE = 'cache redis delay {"kind":"answered","caller":null}';

describe("checks of failing and slow callees", () => {
    it("for a WebSocket: the number of handshakes, and that an idle connection stays open", () => {
        assert.deepEqual(checked(withCall({ port: "events", timeout: "stream" })), [
            'auth events fail {"kind":"attempts","count":1}',
            `auth events delay ${WEB}`,
            STORE,
        ]);
    });

    it("for a stream: that it may start after Envoy's default timeout", () => {
        const [, late] = resilienceChecks({
            catalogue: withCall({ port: "grpc", methods: ["Check"], timeout: "stream" }),
            config,
        });
        assert.equal(late?.expected.kind, "answered");
        assert.ok(late.behavior?.kind === "delay" && late.behavior.milliseconds > 15_000);
    });

    it("for TCP, also to stores: that an idle connection stays open", () => {
        assert.deepEqual(checked(withCall({ port: "wire" })), [
            'auth wire delay {"kind":"answered","caller":null}',
            STORE,
        ]);
    });

    it("for a call: the number of attempts, and the timeout", () => {
        assert.deepEqual(checked(withCall({ port: "grpc", methods: ["Check"], idempotent: true })), [
            'auth grpc fail {"kind":"attempts","count":2}',
            'auth grpc delay {"kind":"timeout","after":1000}',
            STORE,
        ]);
    });

    it("instruct the stand-in by each protocol's means", () => {
        const probes = (call: Partial<Call> & Pick<Call, "port">) =>
            resilienceChecks({ catalogue: withCall(call), config }).map((check) =>
                toProbe(check, {
                    certificates: new Map(),
                    clients: new Map(),
                    sign: undefined,
                    foreignClient: undefined,
                }),
            );
        const [failing, late] = probes({ port: "events", timeout: "stream" });
        assert.equal(failing?.["path"], "/v1/events?status=503");
        assert.equal(late?.["path"], "/v1/events?delay=16000ms");
        const [silent] = probes({ port: "wire" });
        assert.deepEqual([silent?.["delay"], silent?.["headers"]], ["3000ms", undefined]);
        assert.ok((silent?.["timeoutMs"] as number) > 3_000);
    });
});
