/** Results of explain for hosts in private networks: remedies, proposed changes, and invalid options. */
import assert from "node:assert/strict";
import { explain } from "../../cli/explain/explain";
import { toText } from "../../cli/explain/report/text";
import { MeshSnapshot } from "../../cli/lib/snapshot/snapshot";
import { platformProblems } from "../../components/check";
import { deriveAll } from "../../components/concerns";
import { NETWORKS, RDS, platformWithDatabases, prodWith } from "../support/databases";

const catalogue = platformWithDatabases();
const derived = deriveAll({ catalogue, config: prodWith() });

describe("mesh explain, for hosts in private networks", () => {
    describe("that are denied", () => {
        const snapshot = new MeshSnapshot(derived);
        const answer = (source: string, destination: string, address: string) =>
            explain(snapshot, catalogue, { source, destination, address });

        it("at an address outside the group's network: names the network in the remedy", () => {
            const report = toText(answer("billing", "rds", "10.96.130.63"));
            assert.match(report, /^DENIED .*[^]*Declared in the catalogue: billing\.external: rds/);
            assert.match(
                report,
                /10\.96\.130\.63 is outside the ranges of egress\.networks\.databases, the network of external\.rds/,
            );
            assert.doesNotMatch(report, /do not match the catalogue/);
        });

        it("at a private address of a public group: suggests a network", () => {
            assert.match(
                toText(answer("analytics", "warehouse", "10.96.131.7")),
                /10\.96\.131\.7 is not a public address.*set external\.warehouse\.network to a key of .*egress\.networks/,
            );
        });

        it("at every address, because the objects do not match the catalogue: suggests rendering them again", () => {
            const closed = derived.objects.filter(
                ({ kind, metadata }) => kind !== "NetworkPolicy" || metadata.name !== "istio-egressgateway",
            );
            assert.equal(closed.length, derived.objects.length - 1);
            const report = toText(
                explain(new MeshSnapshot({ ...derived, objects: closed }), catalogue, {
                    source: "billing",
                    destination: "rds",
                    address: "10.96.128.7",
                }),
            );
            assert.match(report, /do not match the catalogue/);
            assert.doesNotMatch(report, /egress\.networks/);
        });
    });

    for (const [source, destination, port, address, protocol] of [
        ["video", RDS, "5432", "10.96.128.7", undefined],
        ["video", "warehouse.example.net", "5432", "10.96.131.7", undefined],
        ["video", "orders.example.net", "3306", "10.96.131.7", "tcp"],
        ["video", "orders.example.net", "3306", undefined, "tcp"],
        ["video", "mail.example.net", "465", "10.96.131.7", "tls"],
        ["video", "shop.example.net", undefined, "10.96.131.7", "https"],
    ] as const)
        it(`are allowed by the change that explain proposes: ${destination} ${port ?? ""} at ${address ?? "any address"}`, () => {
            const query = {
                source,
                destination,
                ...(port === undefined ? {} : { port }),
                ...(address === undefined ? {} : { address }),
            };
            const [denied] = explain(new MeshSnapshot(derived), catalogue, query);
            const proposed = denied?.change?.();
            assert.ok(typeof proposed === "object", typeof proposed === "string" ? proposed : "no proposal");
            assert.deepEqual(proposed.problems, []);
            const added = Object.entries(proposed.catalogue.external).find(([, { hosts }]) =>
                hosts.some(({ host }) => host === destination),
            );
            assert.ok(added !== undefined);
            const [name, { network, hosts }] = added;
            if (protocol !== undefined) assert.equal(hosts[0]?.protocol, protocol);
            const isListed = (text: RegExp) =>
                proposed.parts.some(({ where, snippet }) => text.test(`${where}: ${snippet}`));
            const networks: Record<string, string[]> = { ...NETWORKS };
            if (address !== undefined) {
                assert.ok(network !== undefined, name);
                assert.ok(isListed(new RegExp(`egress\\.networks: ${network}: .*${address}`)));
                networks[network] = [...(networks[network] ?? []), "10.96.131.0/24"];
            } else assert.ok(!isListed(/egress\.networks/));
            const after = { catalogue: proposed.catalogue, config: prodWith(networks) };
            assert.deepEqual(platformProblems(after), []);
            const [allowed] = explain(new MeshSnapshot(deriveAll(after)), proposed.catalogue, query);
            assert.equal(allowed?.verdict.allowed, true, toText(allowed === undefined ? [] : [allowed]));
        });

    it("cannot be link-local addresses: explain proposes nothing", () => {
        const [denied] = explain(new MeshSnapshot(derived), catalogue, {
            source: "video",
            destination: "meta.example.net",
            address: "169.254.169.254",
        });
        const proposed = denied?.change?.();
        assert.ok(typeof proposed === "string");
        assert.match(proposed, /^No change helps: 169\.254\.169\.254 is a link-local address/);
    });

    it("requires one address, and a port number", () => {
        const explaining = (destination: string, options: { port?: string; address?: string }) => () =>
            explain(new MeshSnapshot(derived), catalogue, { source: "billing", destination, ...options });
        assert.throws(
            explaining("10.96.128.7", { address: "10.96.128.8" }),
            /--address 10\.96\.128\.8: the destination 10\.96\.128\.7 is an address already/,
        );
        for (const destination of ["rds", RDS, "10.96.128.7", "other.example.net"])
            for (const port of ["https", "0", "65536", "4e2", ""])
                assert.throws(
                    explaining(destination, { port }),
                    /--port .*: ports of external hosts have no names\. Pass a number/,
                    `${destination} ${port}`,
                );
    });
});
