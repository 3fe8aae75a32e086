/** EKS Pod Identity: which services reach the node's agent, and the results of explain, the engine and the policy pack. */
import assert from "node:assert/strict";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { Catalogue } from "../../../catalogue/model";
import { platform } from "../../../catalogue/platform";
import { explain } from "../../../cli/explain/explain";
import { MeshSnapshot } from "../../../cli/lib/snapshot/snapshot";
import type { Manifest } from "../../../components/base/manifest";
import { podIdentityProblems, podIdentityRoles } from "../../../components/shared/aws/pod-identity";
import { Identities } from "../../../components/cluster/eks/identities";
import { deriveAll } from "../../../components/concerns";
import { loadStackFile } from "../../../config/load";
import type { MeshConfig } from "../../../config/schema";
import { queryTraffic, onlyDirection } from "../../support/cyclonus";
import { requireToolchain } from "../../support/istiod/control-plane";

const AGENT = "169.254.170.23";
const ROLE = "arn:aws:iam::111122223333:role/recordings";
const prod = loadStackFile("prod", join(__dirname, "..", "..", ".."));

/** The platform with Pod Identity for recordings and thumbnails. */
function withClients(): Catalogue {
    const { recordings, thumbnails, video } = platform.services;
    assert.ok(recordings !== undefined && thumbnails !== undefined && video !== undefined);
    const aws = { podIdentity: true };
    return {
        ...platform,
        services: {
            ...platform.services,
            recordings: { ...recordings, aws },
            thumbnails: { ...thumbnails, aws },
            video: { ...video, aws: { podIdentity: false } },
        },
    };
}

const CLIENTS = ["recordings", "thumbnails"];
const catalogue = withClients();
const derived = deriveAll({ catalogue, config: prod });

function configWith(podIdentityRoles: Readonly<Record<string, string>>): MeshConfig {
    assert.ok(prod.cluster.from === "eks");
    return { ...prod, cluster: { ...prod.cluster, podIdentityRoles } };
}

describe("EKS Pod Identity", function () {
    this.timeout(240_000);
    const everyone = [
        ...Object.keys(catalogue.services).map((name) => ["sparc", name] as const),
        ...Object.keys(catalogue.stores).map((name) => ["databases", name] as const),
        ...["istio-ingressgateway", "istio-admingateway"].map((name) => ["istio-ingress", name] as const),
        ["istio-egress", "istio-egressgateway"] as const,
        ["sparc", "unknown-workload"] as const,
    ];

    it("is reachable only for services that declare it, at its address and port, by cyclonus", async function () {
        const cyclonus = (await requireToolchain(this)).program("cyclonus");
        const matrix = everyone.flatMap(([namespace, name]) =>
            [AGENT, "169.254.169.254", "169.254.170.2", "169.254.170.24"].flatMap((address) =>
                [80, 443].map((port) => ({
                    source: { namespace, labels: { "sparc.dev/service": name } },
                    destination: { address },
                    port,
                    expected: CLIENTS.includes(name) && address === AGENT && port === 80,
                })),
            ),
        );
        const policies = derived.objects.filter((object) => object.kind === "NetworkPolicy");
        const verdicts = queryTraffic(
            cyclonus,
            policies.flatMap((policy) => onlyDirection(policy, "Egress")),
            matrix,
        );
        assert.deepEqual(
            matrix.filter(({ expected }, index) => verdicts[index] !== expected),
            [],
        );
        assert.equal(verdicts.filter(Boolean).length, 2);
    });

    it("is in the Sidecars of only these services", () => {
        const knowing = derived.objects.filter(
            (object): object is Extract<Manifest, { kind: "Sidecar" }> =>
                object.kind === "Sidecar" && JSON.stringify(object.spec).includes("pod-identity"),
        );
        assert.deepEqual(
            knowing.map(({ metadata }) => metadata.name),
            CLIENTS,
        );
        const entries = derived.objects.filter(
            (object) => object.kind === "ServiceEntry" && JSON.stringify(object.spec).includes(AGENT),
        );
        assert.equal(entries.length, 1);
        assert.deepEqual((entries[0] as { spec: unknown }).spec, {
            hosts: ["pod-identity.eks.internal"],
            addresses: [AGENT],
            exportTo: ["."],
            location: "MESH_EXTERNAL",
            resolution: "STATIC",
            ports: [{ number: 80, name: "tcp-credentials", protocol: "TCP" }],
            endpoints: [{ address: AGENT }],
        });
    });

    it("changes nothing if no service declares it", () => {
        const { objects } = deriveAll({ catalogue: platform, config: prod });
        const changed = objects.filter(
            (object) => object.metadata.namespace === "sparc" && JSON.stringify(object).includes(AGENT),
        );
        assert.deepEqual(changed, []);
    });

    it("is explained: allowed for services that declare it, denied for all others, with the change to make", () => {
        const snapshot = new MeshSnapshot(derived);
        for (const [, name] of everyone.filter(([namespace]) => namespace === "sparc")) {
            const explanations = explain(snapshot, catalogue, { source: name, destination: AGENT });
            assert.equal(explanations.length, 1);
            const [{ verdict, edges, port } = assert.fail()] = explanations;
            assert.equal(verdict.allowed, CLIENTS.includes(name), name);
            assert.equal(port, `${AGENT}:80`);
            assert.deepEqual(edges, CLIENTS.includes(name) ? [`${name}.aws: podIdentity`] : []);
        }
        const [denied = assert.fail()] = explain(snapshot, catalogue, {
            source: "video",
            destination: AGENT,
        });
        const change = denied.change?.();
        assert.ok(typeof change === "object");
        assert.deepEqual(change.parts, [{ where: "services.video", snippet: "aws: { podIdentity: true }" }]);
        // The proposal if no service declares it yet, and no ServiceEntry has the address.
        const [first = assert.fail()] = explain(
            new MeshSnapshot(deriveAll({ catalogue: platform, config: prod })),
            platform,
            {
                source: "video",
                destination: AGENT,
                port: "80",
            },
        );
        assert.equal(first.verdict.allowed, false);
        const proposed = first.change?.();
        assert.ok(typeof proposed === "object");
        const after = deriveAll({ catalogue: proposed.catalogue, config: prod });
        const [allowed] = explain(new MeshSnapshot(after), proposed.catalogue, {
            source: "video",
            destination: AGENT,
        });
        assert.equal(allowed?.verdict.allowed, true);
        for (const port of ["443", "22"]) {
            const [one] = explain(snapshot, catalogue, { source: "recordings", destination: AGENT, port });
            assert.equal(one?.verdict.allowed, false, port);
        }
    });

    it("gives each service a separate role on a cluster that the stack creates", () => {
        const roles = { recordings: ROLE, thumbnails: ROLE.replace("recordings", "thumbnails") };
        const config = configWith(roles);
        assert.deepEqual(podIdentityProblems({ catalogue, config }), []);
        assert.deepEqual(
            podIdentityRoles({ catalogue, config }).map(
                ({ namespace, serviceAccount, roleArn }) => `${namespace}/${serviceAccount} ${roleArn}`,
            ),
            CLIENTS.map((name) => `sparc/${name} ${roles[name as keyof typeof roles]}`),
        );
    });

    it("reports all services without a role, and roles without a service, at once", () => {
        const problems = podIdentityProblems({
            catalogue,
            config: configWith({ recordings: ROLE, video: ROLE }),
        });
        assert.equal(problems.length, 2);
        assert.match(
            problems[0] ?? "",
            /^cluster\.podIdentityRoles: thumbnails .* add cluster\.podIdentityRoles\.thumbnails/,
        );
        assert.match(
            problems[1] ?? "",
            /^cluster\.podIdentityRoles\.video: .*declare it there, or remove the key/,
        );
    });

    it("is associated by the engine: each account with its role", async () => {
        const made: pulumi.runtime.MockResourceArgs[] = [];
        await pulumi.runtime.setMocks(
            {
                newResource: (args) => {
                    made.push(args);
                    return { id: `${args.name}-id`, state: args.inputs as Record<string, unknown> };
                },
                call: () => ({}),
            },
            "sparc-mesh",
            "prod",
        );
        assert.ok(prod.cluster.from === "eks");
        const config = configWith({ recordings: ROLE, thumbnails: ROLE });
        const { all } = new Identities(
            "identities",
            {
                config: prod.cluster,
                clusterName: "sparc-mesh-prod",
                zoneArn: "arn:aws:route53:::hostedzone/Z1",
                services: podIdentityRoles({ catalogue, config }),
            },
            {},
        );
        await Promise.all(all.map((one) => urnOf(one)));
        const associations = made.filter(
            ({ type, inputs }) =>
                type === "aws:eks/podIdentityAssociation:PodIdentityAssociation" &&
                (inputs as { namespace?: string }).namespace === "sparc",
        );
        assert.deepEqual(
            associations.map(({ inputs }) => inputs as unknown),
            CLIENTS.map((serviceAccount) => ({
                clusterName: "sparc-mesh-prod",
                namespace: "sparc",
                serviceAccount,
                roleArn: ROLE,
            })),
        );
    });
});

/** Resolves when a resource is registered. */
function urnOf({ urn }: pulumi.Resource): Promise<string> {
    return new Promise((resolve) => {
        urn.apply(resolve);
    });
}
