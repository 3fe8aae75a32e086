/** The policy pack on the whole prod stack, with two services that use Pod Identity and one with a database in the VPC. */
import assert from "node:assert/strict";
import type { Catalogue } from "../../catalogue/model";
import { platform } from "../../catalogue/platform";
import { deriveAll } from "../../components/concerns";
import { message } from "../../policy/core/message";
import { RULES } from "../../policy/rules";
import { NETWORKS, RDS, platformWithBillingDatabase, prodWith } from "../support/databases";
import { configOf, findings, openConfig } from "./support/stacks";

const AGENT = "169.254.170.23/32";
const DATABASES = NETWORKS.databases.slice(0, 1);

function changedCatalogue(): Catalogue {
    const catalogue = platformWithBillingDatabase();
    const { recordings, thumbnails } = catalogue.services;
    assert.ok(recordings !== undefined && thumbnails !== undefined);
    const aws = { podIdentity: true };
    return {
        ...catalogue,
        services: {
            ...catalogue.services,
            recordings: { ...recordings, aws },
            thumbnails: { ...thumbnails, aws },
        },
    };
}

/** The pack's violations by the stack's objects, under its configuration with these private networks added. */
function violationsOf(catalogue: Catalogue, listed: readonly object[]): string[] {
    const config = prodWith({ databases: DATABASES });
    const resources = deriveAll({ catalogue, config }).objects.map((object) => {
        const { apiVersion, kind, metadata } = object;
        const name = `${metadata.namespace ?? ""}-${metadata.name}`;
        const version = apiVersion.includes("/") ? apiVersion : `core/${apiVersion}`;
        return {
            urn: `urn:pulumi:test::test::x::${kind}-${name}`,
            type: `kubernetes:${version}:${kind}`,
            name,
            props: { ...object },
        };
    });
    const pack = openConfig("prod");
    const narrow = pack["network-least-privilege"] as { privateNetworks: object[] };
    pack["network-least-privilege"] = { ...narrow, privateNetworks: [...narrow.privateNetworks, ...listed] };
    // A Postgres client starts TLS within the protocol (SSLRequest), which no object shows.
    const tls = pack["egress-external-tls"] as { exceptions?: object[] } | undefined;
    const exception = {
        namespace: "istio-egress",
        name: RDS,
        reason: "the client starts TLS, and the database demands it",
        until: "2099-01-01",
    };
    pack["egress-external-tls"] = { ...tls, exceptions: [...(tls?.exceptions ?? []), exception] };
    return RULES.flatMap((rule) =>
        findings(rule, resources, configOf(rule, pack)).map((finding) => message(rule, finding)),
    );
}

describe("the pack on a stack with Pod Identity and a database in the VPC", function () {
    this.timeout(240_000);
    const listed = (namespace: string, name: string, cidrs: readonly string[], port: number) => ({
        namespace,
        name,
        cidrs,
        ports: [port],
        reason: "a test lists it",
        until: "2099-01-01",
    });
    const all = [
        listed("sparc", "recordings", [AGENT], 80),
        listed("sparc", "thumbnails", [AGENT], 80),
        listed("istio-egress", "istio-egressgateway", DATABASES, 5432),
    ];
    let violationsBefore: ReadonlySet<string>;
    before(() => {
        violationsBefore = new Set(violationsOf(platform, []));
    });
    const added = (listed: readonly object[]) =>
        violationsOf(changedCatalogue(), listed).filter((text) => !violationsBefore.has(text));

    it("passes if the pack's configuration lists the three destinations", () => {
        assert.deepEqual(added(all), []);
    });

    it("rejects each destination that is not listed, and nothing else", () => {
        const violations = added([]);
        assert.equal(violations.length, 3, violations.join("\n"));
        for (const [index, place] of [
            "istio-egress/NetworkPolicy/istio-egressgateway",
            "sparc/NetworkPolicy/recordings",
            "sparc/NetworkPolicy/thumbnails",
        ].entries())
            assert.ok([...violations].sort()[index]?.includes(place), violations.join("\n"));
        assert.equal(added(all.slice(1)).length, 1);
    });
});
