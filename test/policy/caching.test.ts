/** The SDK deserializes a message once for all policies; tested also with the installed SDK. */
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { join } from "node:path";
import { unwrapProxy, deserializeOnce, PerResourceCache, once } from "../../policy/core/resource-cache";

const ofThePack = createRequire(join(__dirname, "../../policy/pack.ts"));

describe("a resource's properties", () => {
    it("are deserialized once per message", () => {
        let made = 0;
        const deserialize = once((message) => ({ ...message, made: ++made }));
        const [one, other] = [{ a: 1 }, { a: 1 }];
        assert.equal(deserialize(one, false), deserialize(one, false));
        assert.notEqual(deserialize(other, false), deserialize(one, false));
        assert.equal(made, 2);
    });

    it("are deserialized again if secrets are kept, since remediations change them", () => {
        const deserialize = once((message) => ({ ...message }));
        const message = {};
        assert.notEqual(deserialize(message, true), deserialize(message, true));
        assert.notEqual(deserialize(message, true), deserialize(message, false));
    });

    it("are recognized behind the SDK's proxies for each policy, with their derived values", () => {
        const { unknownCheckingProxy } = ofThePack("@pulumi/policy/proxy") as {
            unknownCheckingProxy: (properties: object) => object;
        };
        const properties = { a: 1 };
        assert.equal(unwrapProxy(unknownCheckingProxy(properties)), properties);
        assert.equal(unwrapProxy(properties), properties);
        const kept = new PerResourceCache<object>();
        const first = kept.of(unknownCheckingProxy(properties), () => ({}));
        assert.equal(
            kept.of(unknownCheckingProxy(properties), () => ({})),
            first,
        );
        assert.notEqual(
            kept.of(unknownCheckingProxy({ a: 1 }), () => ({})),
            first,
        );
    });

    it("are deserialized once for all policies by the installed SDK", async () => {
        const { AnalyzeRequest, AnalyzerResourceOptions } = ofThePack(
            "@pulumi/pulumi/proto/analyzer_pb",
        ) as Messages;
        const { Struct } = ofThePack("google-protobuf/google/protobuf/struct_pb") as {
            Struct: { fromJavaScript: (value: object) => { toJavaScript: () => object } };
        };
        const { makeAnalyzeRpcFun } = ofThePack("@pulumi/policy/server") as Server;
        deserializeOnce();
        const properties = Struct.fromJavaScript({ metadata: { name: "one" } });
        let made = 0;
        const toJavaScript = properties.toJavaScript.bind(properties);
        properties.toJavaScript = () => {
            made++;
            return toJavaScript();
        };
        const request = new AnalyzeRequest();
        request.setProperties(properties);
        request.setOptions(new AnalyzerResourceOptions());
        const seen: unknown[] = [];
        const policy = (name: string) => ({
            name,
            description: name,
            enforcementLevel: "mandatory",
            validateResource: ({ props }: { props: { metadata: { name: string } } }) => {
                seen.push(props.metadata.name);
            },
        });
        const analyze = makeAnalyzeRpcFun("pack", "1.0.0", "mandatory", ["a", "b", "c"].map(policy));
        await new Promise<void>((resolve, reject) => {
            void analyze({ request }, (error) => {
                if (error === undefined) resolve();
                else reject(error);
            });
        });
        assert.deepEqual(seen, ["one", "one", "one"]);
        assert.equal(made, 1);
    });
});

interface Messages {
    readonly AnalyzeRequest: new () => {
        setProperties: (properties: object) => void;
        setOptions: (options: object) => void;
    };
    readonly AnalyzerResourceOptions: new () => object;
}

interface Server {
    readonly makeAnalyzeRpcFun: (
        pack: string,
        version: string,
        level: string,
        policies: readonly object[],
    ) => (call: { request: object }, callback: (error?: Error) => void) => unknown;
}
