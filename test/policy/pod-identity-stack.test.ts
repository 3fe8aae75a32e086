/** The policy pack on the whole stack prod in which two services use Pod Identity and one a database in the VPC. */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { Catalogue } from "../../catalogue/model";
import { platform } from "../../catalogue/platform";
import { deriveAll } from "../../components/concerns";
import { loadStackFile } from "../../config/load";
import { message } from "../../policy/core/message";
import { RULES } from "../../policy/rules";
import { configOf, findings, openConfig } from "./support/stacks";

const AGENT = "169.254.170.23/32";
const DATABASES = ["10.96.128.0/24"];

function changed(): Catalogue {
    const { recordings, thumbnails, billing } = platform.services;
    assert.ok(recordings !== undefined && thumbnails !== undefined && billing !== undefined);
    const aws = { podIdentity: true };
    return {
        ...platform,
        external: {
            ...platform.external,
            rds: {
                summary: "Billing's database.",
                network: "databases",
                hosts: [{ host: "billing.abc.eu-central-1.rds.amazonaws.com", port: 5432, protocol: "tcp" }],
            },
        },
        services: {
            ...platform.services,
            recordings: { ...recordings, aws },
            thumbnails: { ...thumbnails, aws },
            billing: { ...billing, external: [...(billing.external ?? []), "rds"] },
        },
    };
}

/** What the pack says of the stack's objects, under its configuration with these private networks listed beside. */
function judged(catalogue: Catalogue, listed: readonly object[]): string[] {
    const prod = loadStackFile("prod", join(__dirname, "..", ".."));
    const config = { ...prod, egress: { ...prod.egress, networks: { databases: DATABASES } } };
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
    const narrow = pack["network-narrow"] as { privateNetworks: object[] };
    pack["network-narrow"] = { ...narrow, privateNetworks: [...narrow.privateNetworks, ...listed] };
    // A client of Postgres starts TLS by itself, which no object shows.
    const tls = pack["egress-external-tls"] as { exceptions?: object[] } | undefined;
    const exception = {
        namespace: "istio-egress",
        name: "billing.abc.eu-central-1.rds.amazonaws.com",
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
    const own = (namespace: string, name: string, cidrs: readonly string[], port: number) => ({
        namespace,
        name,
        cidrs,
        ports: [port],
        reason: "a test lists it",
        until: "2099-01-01",
    });
    const all = [
        own("sparc", "recordings", [AGENT], 80),
        own("sparc", "thumbnails", [AGENT], 80),
        own("istio-egress", "istio-egressgateway", DATABASES, 5432),
    ];
    let before_: ReadonlySet<string>;
    before(() => {
        before_ = new Set(judged(platform, []));
    });
    const added = (listed: readonly object[]) =>
        judged(changed(), listed).filter((text) => !before_.has(text));

    it("accepts it where its configuration lists the three destinations", () => {
        assert.deepEqual(added(all), []);
    });

    it("refuses each destination that is not listed, and nothing else", () => {
        const found = added([]);
        assert.equal(found.length, 3, found.join("\n"));
        for (const [index, place] of [
            "istio-egress/NetworkPolicy/istio-egressgateway",
            "sparc/NetworkPolicy/recordings",
            "sparc/NetworkPolicy/thumbnails",
        ].entries())
            assert.ok([...found].sort()[index]?.includes(place), found.join("\n"));
        assert.equal(added(all.slice(1)).length, 1);
    });
});
