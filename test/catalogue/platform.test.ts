import * as assert from "node:assert/strict";

import { checkCatalogue } from "../../catalogue/check";
import type { OperationSet, Port, Request } from "../../catalogue/model";
import { platform } from "../../catalogue/platform";
import { edges, exposures, servicesOf } from "../../catalogue/query";
import { covers } from "../../catalogue/requests";

// service | domain | ports | exposed at | calls | stores | external | tier
const TABLE = `
api-gateway      | edge         | http      | public api            | auth users tenants devices video recordings alerts analytics search reports billing settings integrations | redis | | critical
realtime         | edge         | ws        | public ws             | auth alerts devices                            | redis          |                | critical
admin-console    | edge         | http      | admin admin           | auth tenants users billing audit settings devices |             |                | standard
auth             | identity     | grpc http | internal auth-internal, public auth         | users tenants audit                            | postgres redis | auth0 okta     | critical
users            | identity     | grpc      |                       | audit notifications                            | postgres       |                | critical
tenants          | identity     | grpc      |                       | audit settings                                 | postgres       |                | critical
settings         | identity     | grpc      |                       |                                                | postgres redis |                | standard
audit            | identity     | grpc      |                       |                                                | postgres kafka |                | critical
devices          | devices      | grpc      |                       | tenants settings audit                         | postgres       |                | critical
device-telemetry | devices      | mqtt      | public mqtt           | devices                                        | kafka          |                | standard
video            | video        | http      | public stream         | auth recordings devices                        | redis          | cdn            | critical
video-ingest     | video        | rtsp grpc | public ingest, public ingest-api | devices transcoder recordings       |                |                | critical
transcoder       | video        | grpc      |                       | recordings thumbnails detection                |                |                | standard
recordings       | video        | grpc http |                       | audit                                          | postgres       | aws backup     | critical
thumbnails       | video        | http      |                       | recordings                                     | redis          | aws            | background
detection        | intelligence | grpc      |                       | rules                                          |                | ai             | standard
analytics        | intelligence | http      |                       | recordings search                              | postgres kafka |                | standard
search           | intelligence | http      |                       |                                                | opensearch     |                | standard
reports          | intelligence | http      |                       | analytics recordings audit                     | postgres       | gcp azure      | background
rules            | alerting     | grpc      |                       | alerts settings                                | postgres       |                | critical
alerts           | alerting     | grpc http |                       | notifications audit devices                    | postgres kafka |                | critical
notifications    | alerting     | grpc      |                       | settings                                       | redis          | email sms push | critical
billing          | business     | grpc      |                       | tenants notifications audit                    | postgres       | payment        | critical
integrations     | business     | http      | public hooks          | alerts devices audit                           | redis          | apm            | standard
`;

const words = (text = "", separator = " ") =>
    text
        .split(separator)
        .map((word) => word.trim())
        .filter((word) => word !== "")
        .sort();

const expected = TABLE.trim()
    .split("\n")
    .map((line) => {
        const [name, domain, ports, exposed, calls, stores, external, tier] = line
            .split("|")
            .map((cell) => cell.trim());
        return {
            name,
            domain,
            ports: words(ports),
            exposed: words(exposed, ","),
            calls: words(calls),
            stores: words(stores),
            external: words(external),
            tier,
        };
    });

describe("the platform", () => {
    it("has no problem", () => {
        assert.deepEqual(checkCatalogue(platform), []);
    });

    it("has 24 services, 4 stores and 13 external groups", () => {
        const { services, stores, external } = platform;
        assert.deepEqual(
            [services, stores, external].map((record) => Object.keys(record).length),
            [24, 4, 13],
        );
    });

    for (const row of expected) {
        it(`has ${row.name ?? ""} as in the table`, () => {
            const service = platform.services[row.name ?? ""];
            assert.ok(service);
            assert.deepEqual(
                {
                    name: row.name,
                    domain: service.domain,
                    ports: Object.keys(service.ports).sort(),
                    exposed: (service.exposures ?? []).map((at) => `${at.gateway} ${at.host}`).sort(),
                    calls: [...new Set((service.calls ?? []).map((call) => call.to))].sort(),
                    stores: [...(service.stores ?? [])].sort(),
                    external: [...(service.external ?? [])].sort(),
                    tier: service.tier,
                },
                row,
            );
        });
    }

    it("has only the table's services", () => {
        const names = servicesOf(platform).map(([name]) => name);
        assert.deepEqual(names, expected.map(({ name }) => name).sort());
    });

    it("uses every store and every external group", () => {
        const all = servicesOf(platform).map(([, service]) => service);
        assert.deepEqual(
            new Set(all.flatMap(({ stores = [] }) => stores)),
            new Set(Object.keys(platform.stores)),
        );
        assert.deepEqual(
            new Set(all.flatMap(({ external = [] }) => external)),
            new Set(Object.keys(platform.external)),
        );
    });

    it("uses consistent port names and numbers", () => {
        const seen = new Set(
            servicesOf(platform).flatMap(([, { ports }]) =>
                Object.entries(ports).map(([name, { number, protocol }]) => `${name} ${number} ${protocol}`),
            ),
        );
        assert.deepEqual([...seen].sort(), [
            "grpc 9090 grpc",
            "http 8080 http",
            "mqtt 1883 tcp",
            "rtsp 8554 tcp",
            "ws 8090 ws",
        ]);
    });

    it("leaves at least one denied operation for every caller", () => {
        const portOperations = new Map<string, { port: Port; operations: OperationSet[] }>();
        const note = (key: string, port: Port, set: OperationSet) => {
            const entry = portOperations.get(key) ?? { port, operations: [] };
            entry.operations.push(set);
            portOperations.set(key, entry);
        };
        for (const { caller, callee, portName, port, call } of edges(platform)) {
            note(`${caller} → ${callee} ${portName}`, port, call);
        }
        for (const { service, portName, port, exposure } of exposures(platform)) {
            if (port.protocol === "http" || port.protocol === "grpc") {
                note(`${exposure.host} → ${service} ${portName}`, port, exposure);
            }
        }
        const without = [...portOperations].filter(
            ([, { port, operations }]) => forbidden(port, operations).length === 0,
        );
        assert.deepEqual(
            without.map(([key]) => key),
            [],
        );
    });

    it("never retries a charge, a notification or a stream, but always an audit record", () => {
        const idempotency = (callee: string, method: string) =>
            new Set(
                edges(platform)
                    .filter((edge) => edge.callee === callee && edge.call.methods?.includes(method))
                    .map((edge) => edge.call.idempotent),
            );
        assert.deepEqual(idempotency("billing", "Charge"), new Set([false]));
        assert.deepEqual(idempotency("billing", "Refund"), new Set([false]));
        assert.deepEqual(idempotency("notifications", "Send"), new Set([false]));
        assert.deepEqual(idempotency("audit", "Record"), new Set([true]));
        const streams = edges(platform).filter(({ call }) => call.timeout === "stream");
        assert.deepEqual(
            streams.map(({ caller, callee, call }) => [caller, callee, call.idempotent]),
            [
                ["realtime", "alerts", false],
                ["transcoder", "detection", false],
                ["video-ingest", "transcoder", false],
            ],
        );
    });
});

/** The operations that the port offers and the caller does not use. */
function forbidden(port: Port, operations: readonly OperationSet[]): string[] {
    if (port.protocol === "grpc") {
        return port.methods.filter((method) => !operations.some(({ methods }) => methods?.includes(method)));
    }
    if (port.protocol !== "http") return [];
    const isListed = (request: Request) =>
        operations.some(({ requests = [] }) => requests.some((pattern) => covers(pattern, request)));
    return port.requests.filter((request) => !isListed(request));
}
