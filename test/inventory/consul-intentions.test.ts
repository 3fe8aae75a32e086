import assert from "node:assert/strict";
import { requireConsul, type RunningConsul, startConsul } from "../support/consul";
import { randomSource } from "../support/random";
import { readInventory } from "./read";

const SERVICES = ["s0", "s1", "s2", "s3", "s4", "s5"];

describe("the calls of mesh inventory, against the decisions of a real Consul", function () {
    this.timeout(120_000);
    let consul: RunningConsul;
    let stop: (() => Promise<void>) | undefined;

    before(async function () {
        consul = await startConsul(await requireConsul(this));
        stop = consul.stop;
        for (const [index, service] of SERVICES.entries()) {
            // Each service declares all later ones, so that there are no cycles.
            const Upstreams = SERVICES.slice(index + 1).map((DestinationName, at) => ({
                DestinationName,
                DestinationType: "service",
                LocalBindPort: 9000 + at,
            }));
            const register = (Service: object): Promise<unknown> =>
                consul.put("/v1/catalog/register", { Node: "vm", Address: "10.0.0.1", Service });
            await register({ ID: service, Service: service, Port: 8000 + index });
            await register({
                ID: `${service}-proxy`,
                Service: `${service}-proxy`,
                Kind: "connect-proxy",
                Port: 21000 + index,
                Proxy: { DestinationServiceName: service, Upstreams },
            });
        }
    });
    after(async () => {
        await stop?.();
    });

    it("are those that Consul allows, for random intentions with wildcards", async () => {
        const random = randomSource("intentions");
        let allowed = 0;
        for (let round = 0; round < 12; round += 1) {
            for (const entry of (await consul.get("/v1/config/service-intentions")) as { Name: string }[])
                await consul.remove(`/v1/config/service-intentions/${encodeURIComponent(entry.Name)}`);
            for (let count = random.integer(12); count > 0; count -= 1) {
                const [from, to] = [random.pick([...SERVICES, "*"]), random.pick([...SERVICES, "*"])];
                // An allowed call back would be a cycle, of which the draft leaves a call out.
                if (from !== "*" && to !== "*" && from >= to) continue;
                const place = `source=${encodeURIComponent(from)}&destination=${encodeURIComponent(to)}`;
                await consul.put(`/v1/connect/intentions/exact?${place}`, {
                    Action: random.pick(["allow", "deny"]),
                });
            }
            const { catalogue } = await readInventory(consul.url);
            for (const [index, from] of SERVICES.entries())
                for (const to of SERVICES.slice(index + 1)) {
                    const path = `/v1/connect/intentions/check?source=${from}&destination=${to}`;
                    const { Allowed } = (await consul.get(path)) as { Allowed: boolean };
                    const calls = catalogue.services[from]?.calls ?? [];
                    assert.equal(
                        calls.some((call) => call.to === to),
                        Allowed,
                        `${from} → ${to}`,
                    );
                    allowed += Allowed ? 1 : 0;
                }
        }
        assert.ok(allowed > 10 && allowed < 12 * 15);
    });
});
