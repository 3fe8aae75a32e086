/** Dashboards show data: under traffic, each panel's queries have results in the local cluster's Prometheus. */
import assert from "node:assert/strict";
import { NAMESPACES, serviceHost } from "../../components/base/names";
import { boards } from "../../components/observability/dashboards/boards";
import { loadStackFile } from "../../config/load";
import { CHECKOUT, mesh } from "./checkout";
import { Deployment } from "./deployment";
import { eventually } from "./eventually";
import { emptyPanels, queriesOf } from "./panels";

/** The value of the dashboards' service variable. */
const SERVICE = "recordings";

const QUERIES = queriesOf(boards(loadStackFile("local", CHECKOUT)));

describe("dashboards on the local cluster", function () {
    this.timeout(900_000);
    let node: Deployment;

    /** Makes a change, so that the xDS convergence time has data; the next `mesh up` reverts it. */
    async function changed(): Promise<void> {
        const tcp = { tcpKeepalive: { probes: 5 } };
        await node.mergePatch("destinationrule", NAMESPACES.services, SERVICE, {
            spec: { trafficPolicy: { connectionPool: { tcp } } },
        });
        await node.up();
    }

    /** Rates need a change of counters between two scrapes. */
    async function generateTraffic(): Promise<void> {
        const request = { address: `${serviceHost(SERVICE)}:8080`, path: "/v1/recordings" };
        await node.probe(
            "api-gateway",
            Array.from({ length: 20 }, () => request),
        );
    }

    before(async () => {
        node = await Deployment.of();
    });

    it("show data in every panel", async () => {
        // Other tests may have sent these requests within the panels' five minutes. If not, this does.
        if ((await emptyPanels(node, QUERIES, SERVICE)).length > 0) {
            const layers = ["authorization", "egress", "ingress"].flatMap((layer) => ["--layer", layer]);
            const { status, stderr } = await mesh(CHECKOUT, [
                "verify",
                "--keep-probers",
                "--json",
                ...layers,
            ]);
            assert.equal(status, 0, stderr);
            await changed();
        }
        await eventually(async () => {
            await generateTraffic();
            assert.deepEqual(await emptyPanels(node, QUERIES, SERVICE), []);
        });
        process.stdout.write(`      ${QUERIES.length} queries, all with data\n`);
    });
});
