/** That people see something: each query of each panel, asked of the node's Prometheus, has an answer under traffic. */
import assert from "node:assert/strict";
import { NAMESPACES, serviceHost } from "../../components/base/names";
import { boards } from "../../components/observability/dashboards/boards";
import { loadStackFile } from "../../config/load";
import { CHECKOUT, mesh } from "./checkout";
import { Deployment } from "./deployment";
import { eventually } from "./eventually";
import { empty, queriesOf } from "./panels";

/** Which service is chosen where a board is about one. */
const SERVICE = "recordings";

const ASKED = queriesOf(boards(loadStackFile("local", CHECKOUT)));

describe("dashboards on the node", function () {
    this.timeout(900_000);
    let node: Deployment;

    /** How long a change takes to be everywhere shows where there was one: somebody's, which `mesh up` takes back. */
    async function changed(): Promise<void> {
        const tcp = { tcpKeepalive: { probes: 5 } };
        await node.mergePatch("destinationrule", NAMESPACES.services, SERVICE, {
            spec: { trafficPolicy: { connectionPool: { tcp } } },
        });
        await node.up();
    }

    /** Rates are of what is counted between two of Prometheus' readings. */
    async function asked(): Promise<void> {
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
        // Others may have asked all kinds of things within the panels' five minutes. Where they have not, this does.
        if ((await empty(node, ASKED, SERVICE)).length > 0) {
            const layers = ["source", "egress", "entry"].flatMap((layer) => ["--layer", layer]);
            const { status, stderr } = await mesh(CHECKOUT, ["verify", "--keep", "--json", ...layers]);
            assert.equal(status, 0, stderr);
            await changed();
        }
        await eventually(async () => {
            await asked();
            assert.deepEqual(await empty(node, ASKED, SERVICE), []);
        });
        process.stdout.write(`      ${ASKED.length} queries, each with an answer\n`);
    });
});
