/** The rollout of a low-traffic service: synthetic load, notifications to the receiver, and the alert of a failed rollout. */
import assert from "node:assert/strict";
import { platform as catalogue } from "../../catalogue/platform";
import { callersOf, wireOperations, servicesOf } from "../../catalogue/query";
import { serviceHost } from "../../components/base/names";
import { DELIVERY } from "../../components/observability/dashboards/delivery";
import type { Deployment } from "./deployment";
import { eventually } from "./eventually";
import { emptyPanels, queriesOf } from "./panels";
import { valueOf } from "./prometheus";
import { ENDED, type Rollouts } from "./rollouts";

/** Defines the tests. `given` is available when they run. */
export function testLowTraffic(
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

    const notifications = (code: string) =>
        valueOf(
            node(),
            `sum(istio_requests_total{reporter="destination",source_workload="flagger",destination_workload="admin-console",response_code="${code}"})`,
        );
    /** Flagger's events for the service, newest last. */
    const events = async () => {
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

    it("is promoted with synthetic load", async () => {
        before = await notifications("200");
        const { phase, steps } = await rollouts().rollOut("integrations", []);
        const requests = await byLoadTester();
        process.stdout.write(
            `      integrations: ${requests} requests of the load tester; ${steps.join(", ")}\n`,
        );
        assert.equal(phase, "Succeeded", steps.join(", "));
        assert.ok(requests > 50, String(requests));
    });

    it("is rolled back by the load's error rate", async () => {
        const requestsBefore = await byLoadTester();
        const { phase, steps } = await rollouts().rollOut("integrations", ["--errors", "20"]);
        assert.equal(phase, "Failed", steps.join(", "));
        assert.ok((await byLoadTester()) > requestsBefore + 20);
        assert.match(await events(), /Halt integrations\.sparc advancement errors \d/);
    });

    it("notifies its receiver of each step", async () => {
        // Two starts, five steps, one promotion, and one rollback; Prometheus scrapes a little later.
        await eventually(async () => {
            assert.ok((await notifications("200")) >= before + 9);
        });
        assert.equal(await notifications("403"), 0);
    });

    it("fires RolloutFailed until the next rollout starts", async () => {
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

    it("has a dashboard that shows all of it", async () => {
        const queries = queriesOf([DELIVERY]);
        await eventually(async () => {
            await Promise.all(
                kpiRequests(rolledOut).map(([caller, request]) => node().probe(caller, [request])),
            );
            // The dashboard has no service variable.
            assert.deepEqual(await emptyPanels(node(), queries, ""), []);
        });
        process.stdout.write(`      the delivery dashboard: ${queries.length} queries, all with data\n`);
    });
}

/** An allowed request for each service with business KPIs. */
function kpiRequests(rolledOut: readonly string[]): [caller: string, request: object][] {
    return servicesOf(catalogue).flatMap(([name, { rollout }]) => {
        if ((rollout?.kpis ?? []).length === 0) return [];
        return callersOf(catalogue, name)
            .slice(0, 1)
            .map(({ caller, call, port }): [string, object] => {
                const [operation] = wireOperations(port, call);
                const [method, path] = [operation?.methods[0] ?? "", operation?.paths[0] ?? ""];
                const address = `${serviceHost(name)}:${port.number}`;
                return [
                    // Outside of a rollout only the primary has pods.
                    rolledOut.includes(caller) ? `${caller}-primary` : caller,
                    port.protocol === "grpc"
                        ? { address, protocol: "grpc", method: path }
                        : { address, method, path: path.replaceAll(/\{\*+\}/g, "x") },
                ];
            });
    });
}
