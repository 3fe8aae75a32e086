import assert from "node:assert/strict";
import { join } from "node:path";
import { Provider } from "@pulumi/aws/provider";
import { Zone } from "@pulumi/aws/route53/zone";
import * as pulumi from "@pulumi/pulumi";
import { Addresses } from "../../../components/cluster/eks/addresses";
import { loadCatalogue } from "../../../catalogue/load";
import { answers } from "../../../cli/policy/aws";
import { PROJECT, loadStackFile, readStackFile } from "../../../config/load";
import { engineConfig } from "../../../local/engine/program/protocol";
import { startProgram } from "../../../local/engine/program/host";
import { awsCall, missingLoadBalancers } from "../../support/aws";
import { runProgram } from "../../support/program";

const ROOT = join(__dirname, "..", "..", "..");
const RECORD = "aws:route53/record:Record";
const PUBLIC = "istio-ingress-istio-ingressgateway";

interface Registered {
    readonly type: string;
    readonly name: string;
    readonly inputs: Record<string, unknown>;
}

class Release extends pulumi.CustomResource {}

/** @param id the id of the gateways' releases; empty if they are not created, as in an update with `--target` */
async function register(preview: boolean, id: string) {
    const all: Registered[] = [];
    await pulumi.runtime.setMocks(
        {
            newResource: ({ type, name, inputs }) => {
                all.push({ type, name, inputs: inputs as Record<string, unknown> });
                return { id: type === "test:index:Release" ? id : `${name}-id`, state: { zoneId: "Z0ZONE" } };
            },
            call: (args) => awsCall(args) ?? assert.fail(args.token),
        },
        PROJECT,
        "dev",
        preview,
    );
    const platform = { catalogue: loadCatalogue(), config: loadStackFile("dev", ROOT) };
    const { balancers } = new Addresses(platform, {
        cluster: "sparc-mesh-dev",
        aws: new Provider("aws", { region: "eu-central-1" }),
        zone: new Zone("zone", { name: platform.config.domain }),
        releases: [new Release("test:index:Release", "gateways")],
    });
    const { isKnown } = balancers as unknown as { isKnown: Promise<boolean> };
    const known = await isKnown;
    const value = known ? await new Promise((resolve) => balancers.apply(resolve)) : undefined;
    await pulumi.runtime.disconnect();
    return { known, value, records: all.filter(({ type }) => type === RECORD) };
}

interface Alias {
    readonly name?: unknown;
    readonly evaluateTargetHealth?: boolean;
}

function aliasOf({ aliases }: Record<string, unknown>): Alias {
    return Array.isArray(aliases) ? (aliases[0] as Alias) : {};
}

describe("the addresses of the gateways", () => {
    afterEach(() => {
        missingLoadBalancers.clear();
    });

    it("are an empty output after an update that creates no gateway, and no placeholder", async () => {
        assert.deepEqual(await register(false, ""), { known: true, value: {}, records: [] });
    });

    it("are unknown in a preview that creates the gateways, which lists all records", async () => {
        const { known, records } = await register(true, "");
        assert.deepEqual([known, records.length], [false, 10]);
        // closed-settings rejects a preview in which a listed literal is unknown.
        assert.ok(records.every(({ inputs }) => aliasOf(inputs).evaluateTargetHealth === true));
    });

    it("of a missing load balancer do not fail a preview, so that the update can recreate it", async () => {
        missingLoadBalancers.add(PUBLIC);
        const warned: unknown[] = [];
        // Without an engine, Pulumi prints warnings.
        const { console } = globalThis;
        globalThis.console = { ...console, warn: (text: unknown) => warned.push(text) };
        try {
            const { value, records } = await register(true, "release");
            assert.equal(records.length, 10);
            assert.deepEqual(Object.keys(value as object), ["admin", "internal"]);
            // Other records stay unchanged.
            const known = records.filter(({ inputs }) => typeof aliasOf(inputs).name === "string");
            assert.ok(known.length > 0 && known.length < 10, `${known.length}`);
        } finally {
            globalThis.console = console;
        }
        assert.match(
            warned.join("\n"),
            /gateway public: no load balancer has the tags .*istio-ingressgateway/,
        );
    });

    it("of missing load balancers fail an update with one error, after everything else is registered", async () => {
        const config = engineConfig(PROJECT, readStackFile("dev", ROOT));
        const calls = { ...answers(), "aws:lb/getLbs:getLbs": { arns: [] } };
        const program = startProgram({
            program: join(ROOT, "index.ts"),
            project: PROJECT,
            stack: "dev",
            config,
            calls,
        });
        const types: string[] = [];
        try {
            await program.load();
            await assert.rejects(
                program.run(({ type, name, inputs }) => {
                    types.push(type);
                    return Promise.resolve({
                        ...inputs,
                        name,
                        vpcConfig: { clusterSecurityGroupId: "sg" },
                        certificateAuthority: { data: "" },
                        endpoint: "https://cluster.acme.io",
                    });
                }),
                ({ message }: Error) => {
                    for (const gateway of ["public", "admin", "internal"])
                        assert.match(
                            message,
                            new RegExp(`gateway ${gateway}: no load balancer has the tags`),
                        );
                    assert.match(message, /kubectl -n istio-ingress describe service/);
                    assert.doesNotMatch(message, /aliases|node_modules| {4}at /);
                    return true;
                },
            );
        } finally {
            program.stop();
        }
        assert.ok(types.includes("kubernetes:flagger.app/v1beta1:Canary"));
        assert.ok(!types.includes(RECORD));
    });

    it("do not exist without load balancers, and need no lookup", async () => {
        const outputs: Record<string, unknown> = {};
        const resources = await runProgram(
            "dev",
            {
                gateways: { serviceType: "NodePort" },
                edge: { ...(readStackFile("dev", ROOT)["edge"] as object), clientAddress: "direct" },
            },
            outputs,
        );
        assert.deepEqual(
            resources.filter(({ type }) => type === RECORD),
            [],
        );
        const value = await new Promise((resolve) =>
            (outputs["addresses"] as pulumi.Output<unknown>).apply(resolve),
        );
        assert.deepEqual(value, {});
    });
});
