/** EKS Pod Identity: who reaches the node's agent, by which objects, and what explain, the engine and the pack make of it. */
import assert from "node:assert/strict";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { Catalogue } from "../../../catalogue/model";
import { platform } from "../../../catalogue/platform";
import { explain } from "../../../cli/explain/explain";
import { World } from "../../../cli/explain/world/world";
import type { Manifest } from "../../../components/base/manifest";
import { podIdentityProblems, serviceRoles } from "../../../components/base/pod-identity";
import { Identities } from "../../../components/cluster/eks/identities";
import { deriveAll } from "../../../components/concerns";
import { loadStackFile } from "../../../config/load";
import type { MeshConfig } from "../../../config/schema";
import { judge, oneDirection } from "../../support/cyclonus";
import { requireToolchain } from "../../support/istiod/control-plane";

const AGENT = "169.254.170.23";
const ROLE = "arn:aws:iam::111122223333:role/recordings";
const prod = loadStackFile("prod", join(__dirname, "..", "..", ".."));

/** The platform in which recordings and thumbnails use Pod Identity. */
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

function configWith(serviceRoles: Readonly<Record<string, string>>): MeshConfig {
    assert.ok(prod.cluster.from === "eks");
    return { ...prod, cluster: { ...prod.cluster, serviceRoles } };
}

describe("EKS Pod Identity", function () {
    this.timeout(240_000);
    const everyone = [
        ...Object.keys(catalogue.services).map((name) => ["sparc", name] as const),
        ...Object.keys(catalogue.stores).map((name) => ["databases", name] as const),
        ...["istio-ingressgateway", "istio-admingateway"].map((name) => ["istio-ingress", name] as const),
        ["istio-egress", "istio-egressgateway"] as const,
        ["sparc", "stranger"] as const,
    ];

    it("is open in the network to services that declare it, at its one address and port, says cyclonus", async function () {
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
        const verdicts = judge(
            cyclonus,
            policies.flatMap((policy) => oneDirection(policy, "Egress")),
            matrix,
        );
        assert.deepEqual(
            matrix.filter(({ expected }, index) => verdicts[index] !== expected),
            [],
        );
        assert.equal(verdicts.filter(Boolean).length, 2);
    });

    it("is known to the sidecars of these services alone", () => {
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

    it("changes nothing where nobody declares it", () => {
        const { objects } = deriveAll({ catalogue: platform, config: prod });
        const changed = objects.filter(
            (object) => object.metadata.namespace === "sparc" && JSON.stringify(object).includes(AGENT),
        );
        assert.deepEqual(changed, []);
    });

    it("is explained: allowed for who declares it, denied for all others, with what to write", () => {
        const world = new World(derived);
        for (const [, name] of everyone.filter(([namespace]) => namespace === "sparc")) {
            const found = explain(world, catalogue, { source: name, destination: AGENT });
            assert.equal(found.length, 1);
            const [{ verdict, edges, port } = assert.fail()] = found;
            assert.equal(verdict.allowed, CLIENTS.includes(name), name);
            assert.equal(port, `${AGENT}:80`);
            assert.deepEqual(edges, CLIENTS.includes(name) ? [`${name}.aws: podIdentity`] : []);
        }
        const [denied = assert.fail()] = explain(world, catalogue, { source: "video", destination: AGENT });
        const change = denied.change?.();
        assert.ok(typeof change === "object");
        assert.deepEqual(change.parts, [{ where: "services.video", snippet: "aws: { podIdentity: true }" }]);
        // The proposal where no service declares it yet, and no ServiceEntry knows the address.
        const [first = assert.fail()] = explain(
            new World(deriveAll({ catalogue: platform, config: prod })),
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
        const [allowed] = explain(new World(after), proposed.catalogue, {
            source: "video",
            destination: AGENT,
        });
        assert.equal(allowed?.verdict.allowed, true);
        for (const port of ["443", "22"]) {
            const [one] = explain(world, catalogue, { source: "recordings", destination: AGENT, port });
            assert.equal(one?.verdict.allowed, false, port);
        }
    });

    it("gets each service its own role on a cluster that the stack makes", () => {
        const roles = { recordings: ROLE, thumbnails: ROLE.replace("recordings", "thumbnails") };
        const config = configWith(roles);
        assert.deepEqual(podIdentityProblems({ catalogue, config }), []);
        assert.deepEqual(
            serviceRoles({ catalogue, config }).map(
                ({ namespace, serviceAccount, roleArn }) => `${namespace}/${serviceAccount} ${roleArn}`,
            ),
            CLIENTS.map((name) => `sparc/${name} ${roles[name as keyof typeof roles]}`),
        );
    });

    it("reports services without a role, and roles without a service, at once", () => {
        const found = podIdentityProblems({
            catalogue,
            config: configWith({ recordings: ROLE, video: ROLE }),
        });
        assert.equal(found.length, 2);
        assert.match(
            found[0] ?? "",
            /^cluster\.serviceRoles: thumbnails .* add cluster\.serviceRoles\.thumbnails/,
        );
        assert.match(found[1] ?? "", /^cluster\.serviceRoles\.video: .*declare it there, or remove the key/);
    });

    it("is associated by the engine, each account with its role", async () => {
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
                services: serviceRoles({ catalogue, config }),
            },
            {},
        );
        await Promise.all(all.map((one) => urnOf(one)));
        const own = made.filter(
            ({ type, inputs }) =>
                type === "aws:eks/podIdentityAssociation:PodIdentityAssociation" &&
                (inputs as { namespace?: string }).namespace === "sparc",
        );
        assert.deepEqual(
            own.map(({ inputs }) => inputs as unknown),
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
