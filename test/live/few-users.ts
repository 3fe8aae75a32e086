/** The rollout of a service that few ask: load is put on its new versions, its receiver is told, and an alert tells of its end. */
import assert from "node:assert/strict";
import { platform as catalogue } from "../../catalogue/platform";
import { callersOf, operations, servicesOf } from "../../catalogue/query";
import { serviceHost } from "../../components/base/names";
import { DELIVERY } from "../../components/observability/dashboards/delivery";
import type { Deployment } from "./deployment";
import { eventually } from "./eventually";
import { empty, queriesOf } from "./panels";
import { valueOf } from "./prometheus";
import { ENDED, type Rollouts } from "./rollouts";

/** Its tests. What they work with is there once they begin. */
export function ofFew(
    given: () => { readonly node: Deployment; readonly rollouts: Rollouts },
    rolledOut: readonly string[],
): void {
    const node = () => given().node;
    const rollouts = () => given().rollouts;
    const byLoadTester = () =>
        valueOf(
            node(),
            'sum(istio_requests_total{reporter="source",source_workload="loadtester",destination_service_name="integrations-rollout-canary"})',
        );

    const toldOf = (code: string) =>
        valueOf(
            node(),
            `sum(istio_requests_total{reporter="destination",source_workload="flagger",destination_workload="admin-console",response_code="${code}"})`,
        );
    /** What Flagger said of the service last, newest at the end. */
    const said = async () => {
        const selector = "involvedObject.kind=Canary,involvedObject.name=integrations";
        return await node().kubectl([
            ...["get", "events", "--namespace", "sparc", "--field-selector", selector],
            ...[
                "--sort-by",
                ".lastTimestamp",
                "--output",
                'jsonpath={range .items[*]}{.message}{"\\n"}{end}',
            ],
        ]);
    };
    let before: number;

    it("is promoted by the load that is put on it", async () => {
        before = await toldOf("200");
        const { phase, steps } = await rollouts().rollOut("integrations", []);
        const asked = await byLoadTester();
        process.stdout.write(
            `      integrations: ${asked} requests of the load tester's; ${steps.join(", ")}\n`,
        );
        assert.equal(phase, "Succeeded", steps.join(", "));
        assert.ok(asked > 50, String(asked));
    });

    it("is taken back by what the load sees", async () => {
        const asked = await byLoadTester();
        const { phase, steps } = await rollouts().rollOut("integrations", ["--errors", "20"]);
        assert.equal(phase, "Failed", steps.join(", "));
        assert.ok((await byLoadTester()) > asked + 20);
        assert.match(await said(), /Halt integrations\.sparc advancement errors \d/);
    });

    it("tells its receiver of each step", async () => {
        // Two beginnings, five steps, an end, and a way back; Prometheus reads a little later.
        await eventually(async () => {
            assert.ok((await toldOf("200")) >= before + 9);
        });
        assert.equal(await toldOf("403"), 0);
    });

    it("fires RolloutFailed, until the next one begins", async () => {
        const alerts = () =>
            valueOf(
                node(),
                'count(ALERTS{alertname="RolloutFailed",alertstate="firing",name="integrations"})',
            );
        await eventually(async () => {
            assert.equal(await alerts(), 1);
        });
        await rollouts().deploy("integrations", []);
        await eventually(async () => {
            assert.equal(await alerts(), 0);
        });
        await rollouts().until("integrations", ENDED);
    });

    it("has a board on which all of it shows", async () => {
        const queries = queriesOf([DELIVERY]);
        await eventually(async () => {
            await Promise.all(
                counting(rolledOut).map(([caller, request]) => node().probe(caller, [request])),
            );
            // It is about no one service.
            assert.deepEqual(await empty(node(), queries, ""), []);
        });
        process.stdout.write(`      the board of rollouts: ${queries.length} queries, each with an answer\n`);
    });
}

/** A request that somebody may make of each service that counts something for the business. */
function counting(rolledOut: readonly string[]): [caller: string, request: object][] {
    return servicesOf(catalogue).flatMap(([name, { rollout }]) => {
        if ((rollout?.kpis ?? []).length === 0) return [];
        return callersOf(catalogue, name)
            .slice(0, 1)
            .map(({ caller, call, port }): [string, object] => {
                const [asked] = operations(port, call);
                const [method, path] = [asked?.methods[0] ?? "", asked?.paths[0] ?? ""];
                const address = `${serviceHost(name)}:${port.number}`;
                return [
                    // Without a rollout under way the primary alone has pods.
                    rolledOut.includes(caller) ? `${caller}-primary` : caller,
                    port.protocol === "grpc"
                        ? { address, protocol: "grpc", method: path }
                        : { address, method, path: path.replaceAll(/\{\*+\}/g, "x") },
                ];
            });
    });
}
