import assert from "node:assert/strict";
import type { Call, Catalogue } from "../../catalogue/model";
import { toProbe } from "../../cli/verify/ask/wire";
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
    return resilienceChecks({ catalogue, config }).map(({ destination, behaviour, expected }) =>
        [destination.name, destination.portName, behaviour?.kind, JSON.stringify(expected)].join(" "),
    );
}

const WEB = '{"kind":"answered","caller":"spiffe://cluster.local/ns/sparc/sa/web"}';
const STORE = 'cache redis is-slow {"kind":"answered","caller":null}';

describe("what is checked of failing and slow callees", () => {
    it("is of a WebSocket the number of handshakes, and that it may be silent", () => {
        assert.deepEqual(checked(withCall({ port: "events", timeout: "stream" })), [
            'auth events fails {"kind":"attempts","count":1}',
            `auth events is-slow ${WEB}`,
            STORE,
        ]);
    });

    it("is of a stream that it may begin later than Envoy waits by itself", () => {
        const [, late] = resilienceChecks({
            catalogue: withCall({ port: "grpc", methods: ["Check"], timeout: "stream" }),
            config,
        });
        assert.equal(late?.expected.kind, "answered");
        assert.ok(late.behaviour?.kind === "is-slow" && late.behaviour.milliseconds > 15_000);
    });

    it("is of TCP, also to stores, that a silent connection lives", () => {
        assert.deepEqual(checked(withCall({ port: "wire" })), [
            'auth wire is-slow {"kind":"answered","caller":null}',
            STORE,
        ]);
    });

    it("is of a call the number of attempts, and when it is given up", () => {
        assert.deepEqual(checked(withCall({ port: "grpc", methods: ["Check"], idempotent: true })), [
            'auth grpc fails {"kind":"attempts","count":2}',
            'auth grpc is-slow {"kind":"given-up","after":1000}',
            STORE,
        ]);
    });

    it("is told to the stand-in in what each protocol has for it", () => {
        const probes = (call: Partial<Call> & Pick<Call, "port">) =>
            resilienceChecks({ catalogue: withCall(call), config }).map((check) =>
                toProbe(check, {
                    certificates: new Map(),
                    clients: new Map(),
                    sign: undefined,
                    foreignClient: undefined,
                }),
            );
        const [refused, late] = probes({ port: "events", timeout: "stream" });
        assert.equal(refused?.["path"], "/v1/events?status=503");
        assert.equal(late?.["path"], "/v1/events?delay=16000ms");
        const [silent] = probes({ port: "wire" });
        assert.deepEqual([silent?.["delay"], silent?.["headers"]], ["3000ms", undefined]);
        assert.ok((silent?.["timeoutMs"] as number) > 3_000);
    });
});
