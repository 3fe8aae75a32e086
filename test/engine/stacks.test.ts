/** The in-process engine with an in-memory API server: several stacks in one cluster, subsets, and runs that are killed. */
import assert from "node:assert/strict";
import { deployInProcess, destroyInProcess } from "../../local/engine/in-process";
import { type InventoryEntry, keyOf } from "../../local/engine/ref";
import type { Program } from "../../local/engine/program/host";
import { DeployError } from "../../local/engine/types";
import { randomSource, type RandomSource } from "../support/random";
import { ApiServer } from "./support/api-server";
import { FakeClock } from "./support/clock";
import { fakeProgram, registrationOf } from "./support/fake-program";

const map = (name: string, dependsOn: readonly InventoryEntry[] = []): InventoryEntry => ({
    ...{ apiVersion: "v1", kind: "ConfigMap", namespace: "sparc", name, protect: false },
    dependsOn: dependsOn.map(keyOf),
});
const INVENTORY = "/api/v1/namespaces/kube-system/configmaps/sparc-mesh-inventory";

describe("stacks in one cluster", () => {
    let server: ApiServer;
    beforeEach(async () => (server = await ApiServer.start()));
    afterEach(() => server.stop());

    async function deploy(stack: string, program: Program): ReturnType<typeof deployInProcess> {
        const client = server.client();
        const target = { stack, kubeconfig: server.kubeconfig, tools: { helm: "/nonexistent" } };
        try {
            return await deployInProcess(
                { ...target, configEntries: {}, stateDir: "/nonexistent", clock: new FakeClock() },
                client,
                program,
            );
        } finally {
            await client.close();
        }
    }

    const names = () =>
        [...server.objects.keys()].filter((path) => path !== INVENTORY).map((path) => path.split("/").at(-1));

    it("keep their own objects: neither prunes nor destroys the other's", async () => {
        await deploy("a", fakeProgram([map("a1"), map("a2")]));
        await deploy("b", fakeProgram([map("b1"), map("b2")]));
        const { counts } = await deploy("a", fakeProgram([map("a1")]));
        assert.equal(counts.pruned, 1);
        assert.deepEqual(names(), ["a1", "b1", "b2"]);
        const client = server.client();
        const target = { stack: "b", kubeconfig: server.kubeconfig, stateDir: "/nonexistent" };
        assert.equal(await destroyInProcess({ ...target, tools: { helm: "/nonexistent" } }, client), 2);
        await client.close();
        assert.deepEqual(names(), ["a1"]);
    });

    it("do not take an object from each other, and change nothing before they say so", async () => {
        await deploy("a", fakeProgram([map("shared"), map("a1")]));
        const before = structuredClone([...server.objects]);
        await assert.rejects(deploy("b", fakeProgram([map("b1"), map("shared")])), (error: unknown) => {
            assert.ok(error instanceof DeployError);
            assert.match(
                error.message,
                /nothing was changed\n {2}- ConfigMap sparc\/shared: it belongs to stack "a"/,
            );
            return true;
        });
        assert.deepEqual([...server.objects], before);
    });
});

describe("a subset of a DestinationRule", () => {
    const GROUP = "/apis/networking.istio.io/v1";
    let server: ApiServer;
    /** How many lists of rules the API server still rejects. */
    let failLists = 0;
    beforeEach(async () => {
        server = await ApiServer.start();
        server.serve(GROUP, "DestinationRule", "destinationrules");
        server.serve(GROUP, "VirtualService", "virtualservices");
    });
    afterEach(() => server.stop());

    /** A rule with the versions' subsets, and a route to each version, which is applied after the rule. */
    function program(versions: readonly string[]): Program {
        const metadata = { name: "auth", namespace: "sparc" };
        const apiVersion = "networking.istio.io/v1";
        const registered = (kind: string, spec: object, dependencies: readonly string[] = []) => {
            const base = registrationOf({ ...metadata, apiVersion, kind, protect: false });
            return { ...base, inputs: { apiVersion, kind, metadata, spec }, dependencies };
        };
        const rule = registered("DestinationRule", {
            host: "auth",
            subsets: versions.map((name) => ({ name, labels: { version: name } })),
        });
        const route = versions.map((subset) => ({ destination: { host: "auth", subset } }));
        const service = registered("VirtualService", { hosts: ["auth"], http: [{ route }] }, [rule.urn]);
        return {
            load: () => Promise.resolve([]),
            run: async (register) => {
                await register(rule);
                await register(service);
            },
            stop: () => undefined,
        };
    }

    interface Spec {
        readonly subsets?: readonly { readonly name: string }[];
        readonly http?: readonly {
            readonly route: readonly { readonly destination: { readonly subset: string } }[];
        }[];
    }

    /** Deploys, and asserts after each change that every subset which the route names exists. */
    async function deploy(versions: readonly string[]): Promise<readonly [number, readonly string[]]> {
        const specOf = (kind: string) =>
            server.objects.get(`${GROUP}/namespaces/sparc/${kind}/auth`)?.["spec"] as Spec | undefined;
        const subsets = () => specOf("destinationrules")?.subsets?.map(({ name }) => name) ?? [];
        const assertWhole = () => {
            const named = specOf("virtualservices")?.http?.flatMap(({ route }) =>
                route.map(({ destination }) => destination.subset),
            );
            for (const name of named ?? []) assert.ok(subsets().includes(name), `${name} does not exist`);
            return undefined;
        };
        server.rejection = (method, path) => {
            assertWhole();
            if (failLists === 0 || method !== "GET" || !path.endsWith("/destinationrules")) return undefined;
            failLists--;
            return { status: 503, reason: "ServiceUnavailable", message: "starting" };
        };
        const client = server.client();
        const target = { stack: "a", kubeconfig: server.kubeconfig, tools: { helm: "/nonexistent" } };
        try {
            const { counts } = await deployInProcess(
                { ...target, configEntries: {}, stateDir: "/nonexistent", clock: new FakeClock() },
                client,
                program(versions),
            );
            assertWhole();
            return [counts.updated, subsets()];
        } finally {
            await client.close();
        }
    }

    it("exists before a route names it, and until no route does", async () => {
        assert.deepEqual(await deploy(["v1"]), [0, ["v1"]]);
        assert.deepEqual(await deploy(["v1", "v2"]), [2, ["v1", "v2"]]);
        assert.deepEqual(await deploy(["v1", "v2"]), [0, ["v1", "v2"]]);
        assert.deepEqual(await deploy(["v2"]), [2, ["v2"]]);
    });

    it("is kept, although the API server rejects the first list of rules", async () => {
        await deploy(["v1", "v2"]);
        failLists = 1;
        assert.deepEqual(await deploy(["v2"]), [2, ["v2"]]);
        assert.equal(failLists, 0);
    });
});

/** Runs that are killed: the process ends after a number of requests, and with it what it had in progress. */
describe("a run that is killed at a random moment", () => {
    const KILLS = 10;

    it(`is completed by the next one, with the same result as an unkilled run, ${KILLS} times`, async () => {
        const random = randomSource("the killed runs of the in-process engine");
        for (let kill = 0; kill < KILLS; kill++) {
            const before = stack(random);
            const after = stack(random);
            const [unkilled, killed] = [await ApiServer.start(), await ApiServer.start()];
            try {
                await run(unkilled, before);
                const requests = unkilled.requests.length;
                await run(unkilled, after);
                await run(killed, before);
                const moment = random.integer(unkilled.requests.length - requests);
                await run(killed, after, moment).catch(() => undefined);
                await run(killed, after);
                assert.deepEqual(contentOf(killed), contentOf(unkilled), `kill ${kill}, request ${moment}`);
            } finally {
                await Promise.all([unkilled.stop(), killed.stop()]);
            }
        }
    });

    /** Objects of which each can depend on earlier ones. */
    function stack(random: RandomSource): InventoryEntry[] {
        const entries: InventoryEntry[] = [];
        for (let index = 0; index < 12; index++) {
            if (random.integer(3) === 0) continue;
            entries.push(
                map(
                    `m${index}`,
                    entries.filter(() => random.integer(3) === 0),
                ),
            );
        }
        return entries;
    }

    async function run(
        server: ApiServer,
        entries: readonly InventoryEntry[],
        requests = Infinity,
    ): Promise<void> {
        let left = requests;
        const client = server.client();
        const call = client.call.bind(client);
        // After its death a process sends nothing more.
        client.call = (one) => (left-- > 0 ? call(one) : new Promise(() => undefined));
        const target = { stack: "a", kubeconfig: server.kubeconfig, tools: { helm: "/nonexistent" } };
        const running = deployInProcess(
            { ...target, configEntries: {}, stateDir: "/nonexistent" },
            client,
            fakeProgram(entries),
        );
        const dead = new Promise((resolve) => {
            const poll = setInterval(() => {
                if (left > 0) return;
                clearInterval(poll);
                resolve(undefined);
            }, 1);
            running.then(
                () => {
                    clearInterval(poll);
                },
                () => {
                    clearInterval(poll);
                },
            );
        });
        await Promise.race([running, dead]);
        await client.close();
    }

    /** The objects without what differs between clusters, and the inventory's lines in any order. */
    function contentOf(server: ApiServer): unknown {
        return Object.fromEntries(
            [...server.objects]
                .map(([path, { data, metadata }]): [string, unknown] => [
                    path,
                    path === INVENTORY ? linesOf(data) : [data, metadata["labels"], metadata["name"]],
                ])
                .sort(([a], [b]) => (a < b ? -1 : 1)),
        );
    }

    function linesOf(data: unknown): string[] {
        const text = (data as Record<string, string>)["a"] ?? "";
        return text
            .split("\n")
            .map((line) => line.replace(/ depends-on=.*/, ""))
            .sort();
    }
});
