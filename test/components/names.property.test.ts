/** Names of objects that are made of several names: whatever these are, no two objects share one, and all are valid. */
import assert from "node:assert/strict";
import * as fc from "fast-check";
import type { Catalogue } from "../../catalogue/model";
import type { Manifest } from "../../components/base/manifest";
import { CONCERNS } from "../../components/concerns";
import { standIn } from "../../components/workloads/stand-in";
import { ambiguousCatalogue } from "../catalogue/arbitrary";
import { testConfig } from "../support/config";

/** RFC 1123: a DNS subdomain of up to 253 characters, and the value of a label. */
const SUBDOMAIN = /^(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const LABEL_VALUE = /^(|[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)$/;

const config = testConfig({
    domain: "mesh.example.com",
    edge: {
        issuers: [{ issuer: "https://id.example.com", audiences: ["api"], jwks: '{"keys":[]}' }],
        adminCidrs: ["192.0.2.0/24"],
        clientAddress: "direct",
    },
    network: { apiServerCidrs: ["192.0.2.1/32"], nodeCidrs: ["192.0.2.0/24"] },
    workloads: { standIns: true, image: "standin:test" },
    delivery: { enabled: true },
});

/** Exposes some services under hosts that are as ambiguous as the services' names. */
function withAmbiguousHosts(catalogue: Catalogue): Catalogue {
    const names = Object.keys(catalogue.services);
    const services = Object.entries(catalogue.services).map(([name, service], index) => {
        const host = (names[(index + 1) % names.length] ?? "").slice(0, 30).replace(/-$/, "");
        const exposures = (service.exposures ?? []).map((exposure) => ({
            ...exposure,
            host: `${host}-${index}`,
        }));
        return [name, { ...service, exposures }] as const;
    });
    return { ...catalogue, services: Object.fromEntries(services) };
}

function objectsOf(catalogue: Catalogue): { concern: string; object: Manifest }[] {
    return CONCERNS.flatMap(({ name, derive }) =>
        derive({ catalogue, config }).objects.map((object) => ({ concern: name, object })),
    );
}

describe("names that are made of names", () => {
    const catalogues = ambiguousCatalogue(6).map(withAmbiguousHosts);

    it("belong to one object, in the cluster and in Pulumi's state", () => {
        fc.assert(
            fc.property(catalogues, (catalogue) => {
                const inCluster = new Set<string>();
                const inState = new Set<string>();
                for (const { concern, object } of objectsOf(catalogue)) {
                    const { apiVersion, kind, metadata } = object;
                    const { namespace = "", name } = metadata;
                    const key = JSON.stringify([apiVersion, kind, namespace, name]);
                    assert.ok(!inCluster.has(key), key);
                    inCluster.add(key);
                    // As `registerObject` names them.
                    const logical = [concern, ...(namespace === "" ? [] : [namespace]), name].join("-");
                    const urn = JSON.stringify([concern, apiVersion, kind, logical]);
                    assert.ok(!inState.has(urn), urn);
                    inState.add(urn);
                }
            }),
            { numRuns: 60 },
        );
    });

    it("are valid, and so are labels and selectors", () => {
        fc.assert(
            fc.property(catalogues, (catalogue) => {
                for (const { object } of objectsOf(catalogue)) {
                    const { name, labels = {} } = object.metadata;
                    assert.match(name, SUBDOMAIN, object.kind);
                    for (const value of Object.values(labels)) assert.match(value, LABEL_VALUE, name);
                }
            }),
            { numRuns: 60 },
        );
    });

    it("are different for hosts of two services at one gateway", () => {
        const names = new Set<string>();
        for (const [service, host] of [
            ["a", "b-c"],
            ["a-b", "c"],
        ] as const) {
            const catalogue: Catalogue = {
                services: {
                    [service]: {
                        ...{ domain: "test", summary: "A service.", tier: "standard" },
                        ports: { http: { protocol: "http", number: 8080, requests: ["GET /items"] } },
                        exposures: [
                            {
                                ...{ gateway: "public", host, port: "http", requests: ["GET /items"] },
                                ...{ authentication: "none", timeout: "5s" },
                            },
                        ],
                    },
                },
                stores: {},
                external: {},
            };
            for (const { object } of objectsOf(catalogue))
                if (object.kind === "AuthorizationPolicy" && object.metadata.namespace === "istio-ingress")
                    if (object.metadata.name.includes("-to-")) names.add(object.metadata.name);
        }
        assert.equal(names.size, 2);
    });

    it("fit into a label for the longest names of a service and its version", () => {
        const service = "s".repeat(40);
        const workload = {
            ...{ name: service, namespace: "sparc" as const, ports: {}, replicas: 1, rolledOut: false },
            ...{ kpis: [], sidecar: { cpu: "10m", memory: "64Mi" } },
        };
        const deployments = ["a", "b"].map((end) =>
            standIn(
                workload as never,
                `${"v".repeat(31)}${end}`,
                { standIns: true, image: "standin:test" } as never,
                {},
            ),
        );
        for (const { metadata, spec } of deployments)
            for (const value of [
                ...Object.values(metadata.labels ?? {}),
                ...Object.values(spec?.selector.matchLabels ?? {}),
            ])
                assert.match(value, LABEL_VALUE);
        assert.equal(new Set(deployments.map(({ metadata }) => metadata.name)).size, 2);
    });
});
